import {
  applyDecorators,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common'
import { ApiHeader } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Observable, tap } from 'rxjs'
import { etagOf } from '../common/etag.js'

@Injectable()
class EtagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>()
    return next.handle().pipe(tap((shown: unknown) => void reply.header('etag', etagOf(shown))))
  }
}

/** The answer carries an ETag of what it shows. */
export const Tagged = () => applyDecorators(UseInterceptors(EtagInterceptor))

/** Shows in the document that the operation heeds `If-Match`. */
export const TakesIfMatch = () =>
  ApiHeader({ name: 'If-Match', required: false, description: 'ETag of what you have read: 412 when it was changed since' })

/** The `If-Match` header of the request. */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  return context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']
})
