import { Injectable } from '@nestjs/common'
import { Authenticator, type Principal } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { PrincipalCache } from './principal-cache.js'
import { Principals } from './principals.js'
import { PERSONAL_PREFIX } from './secrets.js'
import { SessionTokens } from './session-tokens.js'

const LONGEST_TOKEN = 4096

/** Access tokens of login sessions, and personal tokens. */
@Injectable()
export class BearerAuthenticator extends Authenticator {
  constructor(
    private readonly tokens: SessionTokens,
    private readonly principals: Principals,
    private readonly cache: PrincipalCache,
  ) {
    super()
  }

  async authenticate(token: string): Promise<Principal> {
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN) throw new AppError('UNAUTHENTICATED')
    const cached = this.cache.get(token)
    if (cached) return cached
    const { era } = this.cache
    const principal = token.startsWith(PERSONAL_PREFIX) ? await this.principals.ofToken(token) : await this.bySession(token)
    if (!principal) throw new AppError('UNAUTHENTICATED')
    this.cache.put(token, principal, era)
    return principal
  }

  /** Never from the cache: it is asked because something has changed. */
  async revalidate(principal: Principal): Promise<Principal> {
    const now = await this.principals.again(principal)
    if (!now) throw new AppError('UNAUTHENTICATED')
    return now
  }

  private async bySession(token: string): Promise<Principal | null> {
    const claims = await this.tokens.readAccess(token)
    return claims && this.principals.ofSession(claims)
  }
}
