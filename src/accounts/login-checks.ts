import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import type { UserRow } from '../store/schema.js'
import { SessionStore } from '../store/sessions.store.js'
import { type Attempt, LoginThrottle } from './login-throttle.js'
import { Passwords } from './passwords.js'

/** The name of no user: what counts the wrong setup tokens. */
const SETUP = '(setup)'

/** Secrets from outside, each compared under the throttle. */
@Injectable()
export class LoginChecks {
  constructor(
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
    private readonly sessions: SessionStore,
  ) {}

  /** Takes as long for users who do not exist, and is false for them and for disabled ones. @throws AppError LOGIN_THROTTLED, RATE_LIMITED */
  async password(who: { username: string; address: string }, user: UserRow | null, password: string): Promise<boolean> {
    const known = user !== null && (await this.sessions.knowsAddress(user.id, who.address))
    const attempt: Attempt = { account: who.username, address: who.address, known }
    await this.throttle.assertOpen(attempt)
    const usable = user !== null && user.disabled === 0
    return this.passwords.verify(password, user?.password_hash ?? null, (check) =>
      this.throttle.attempt(attempt, async () => (await check()) && usable),
    )
  }

  /** @throws AppError SETUP_TOKEN_INVALID, LOGIN_THROTTLED */
  async setupToken(address: string, isRight: () => Promise<boolean>): Promise<void> {
    // Known: the account-wide limit would let anybody keep the owner of the host from setting up.
    const attempt: Attempt = { account: SETUP, address, known: true }
    await this.throttle.assertOpen(attempt)
    if (await isRight()) return
    // Counted after the comparison, unlike a password: nobody guesses 256 bits in parallel.
    await this.throttle.attempt(attempt, () => Promise.resolve(false))
    throw new AppError('SETUP_TOKEN_INVALID')
  }
}
