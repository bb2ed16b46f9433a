import { type CallHandler, createParamDecorator, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { map, type Observable } from 'rxjs'
import { Config } from '../../config/config.js'
import type { OidcRedirect, OidcReturn } from './oidc.service.js'

const COOKIE = 'berth_oidc'
/** What of a provider's answer is read (RFC 6749, RFC 9207); some add more, which says nothing to us. */
const READ = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri'] as const

/** Sends the browser to the provider, with the cookie that it has to bring back. */
@Injectable()
export class OidcDeparture implements NestInterceptor<OidcRedirect, undefined> {
  constructor(private readonly config: Config) {}

  intercept(context: ExecutionContext, next: CallHandler<OidcRedirect>): Observable<undefined> {
    const reply = context.switchToHttp().getResponse<FastifyReply>()
    return next.handle().pipe(
      map(({ location, attempt, seconds }) => {
        void reply
          .header('set-cookie', cookie(attempt, seconds, this.config))
          .header('location', location)
          .code(302)
        return undefined
      }),
    )
  }
}

/** The cookie is good for one answer of the provider. */
@Injectable()
export class OidcArrival implements NestInterceptor {
  constructor(private readonly config: Config) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    void context
      .switchToHttp()
      .getResponse<FastifyReply>()
      .header('set-cookie', cookie('', 0, this.config))
    return next.handle()
  }
}

/** What the browser brought back. */
export const Returned = createParamDecorator((_: unknown, context: ExecutionContext): OidcReturn => {
  const { query, headers } = context.switchToHttp().getRequest<FastifyRequest>()
  const answer = new URLSearchParams()
  for (const name of READ) {
    const value = (query as Record<string, unknown>)[name]
    if (typeof value === 'string') answer.set(name, value)
  }
  const attempt = new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9._-]+)`).exec(headers.cookie ?? '')?.[1]
  return { answer, attempt, userAgent: headers['user-agent'] }
})

/** Lax: it has to come along when the provider sends the browser back, and with nothing else from elsewhere. */
function cookie(value: string, seconds: number, { BERTH_OIDC_REDIRECT_URL: url }: Config): string {
  const secure = url?.startsWith('https:') ? '; Secure' : ''
  return `${COOKIE}=${value}; Path=/api/v1/auth/oidc; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`
}
