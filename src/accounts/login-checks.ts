import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import type { UserRow } from '../store/schema.js'
import { SessionStore } from '../store/sessions.store.js'
import { type Attempt, LoginThrottle } from './login-throttle.js'
import { Passwords } from './passwords.js'
import { SecondFactor } from './second-factor.js'

/** The name of no user: what counts the wrong setup tokens. */
const SETUP = '(setup)'

/** What somebody shows to log in. */
export interface Proof {
  readonly password: string
  /** One-time password, or a recovery code. */
  readonly otp: string | undefined
}

/** Secrets from outside, each compared under the throttle. */
@Injectable()
export class LoginChecks {
  constructor(
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
    private readonly sessions: SessionStore,
    private readonly factor: SecondFactor,
  ) {}

  /**
   * Password and, where the user has set one up, second factor. A wrong one-time password is a failure like a wrong password.
   * @throws AppError OTP_REQUIRED when the password is right, LOGIN_THROTTLED, RATE_LIMITED
   */
  login(who: { username: string; address: string }, user: UserRow | null, proof: Proof): Promise<boolean> {
    return this.password(who, user, proof.password, () => this.secondFactor(user!.id, proof.otp))
  }

  /** Takes as long for users who do not exist, and is false for them and for disabled ones. @throws AppError LOGIN_THROTTLED, RATE_LIMITED */
  async password(
    who: { username: string; address: string },
    user: UserRow | null,
    password: string,
    furthermore: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<boolean> {
    const attempt = await this.attempt(who, user)
    await this.throttle.assertOpen(attempt)
    const usable = user !== null && user.disabled === 0
    return this.passwords.verify(password, user?.password_hash ?? null, (check) =>
      this.throttle.attempt(attempt, async () => (await check()) && usable && (await furthermore())),
    )
  }

  /** A code of who is logged in, counted as a login is: what a right one answers, null when it was wrong. @throws AppError LOGIN_THROTTLED */
  async code<T>(who: { username: string; address: string }, user: UserRow, check: () => Promise<T | null>): Promise<T | null> {
    let answer: T | null = null
    await this.throttle.attempt(await this.attempt(who, user), async () => (answer = await check()) !== null)
    return answer
  }

  private async attempt({ username, address }: { username: string; address: string }, user: UserRow | null): Promise<Attempt> {
    return { account: username, address, known: user !== null && (await this.sessions.knowsAddress(user.id, address)) }
  }

  private async secondFactor(userId: string, otp: string | undefined): Promise<boolean> {
    const factor = await this.factor.of(userId)
    if (!factor) return true
    if (otp === undefined) throw new AppError('OTP_REQUIRED')
    return this.factor.take(factor, otp)
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
