import { Injectable } from '@nestjs/common'
import { AccessChanges, type Grant, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { TotpConfirmRequest, TotpConfirmResponse, TotpDisableRequest, TotpEnrolRequest, TotpResponse } from './dto/totp.dto.js'
import { LoginChecks } from './login-checks.js'
import { ownRow } from './own-password.js'
import { type Enrolment, recoveryOf, SecondFactor } from './second-factor.js'
import { assertSession } from './tokens.service.js'

/** The caller's second factor: set up with the password, confirmed with a code, and from then on asked for. */
@Injectable()
export class TotpService {
  constructor(
    private readonly users: UserStore,
    private readonly factor: SecondFactor,
    private readonly checks: LoginChecks,
    private readonly changes: AccessChanges,
  ) {}

  async inspect({ principal }: Grant<'TotpInspect'>): Promise<TotpResponse> {
    const row = await this.factor.of(principal.userId)
    return { enabled: row !== null, since: row?.confirmed_at ?? null, recoveryCodesLeft: row ? recoveryOf(row).length : 0 }
  }

  /** @throws AppError SESSION_REQUIRED, INVALID_CREDENTIALS, CONFLICT, LOGIN_THROTTLED */
  async enrol(grant: Grant<'TotpEnrol'>, { password }: TotpEnrolRequest): Promise<Enrolment> {
    const user = await this.own(grant.principal)
    // Who found an open session must not lock its owner out with a factor of their own.
    if (!(await this.checks.password(attempt(grant, user), user, password))) throw new AppError('INVALID_CREDENTIALS')
    return this.factor.enrol(user)
  }

  /** Ends all other sessions: they were opened without it. @throws AppError SESSION_REQUIRED, INVALID_CREDENTIALS, CONFLICT, LOGIN_THROTTLED */
  async confirm(grant: Grant<'TotpConfirm'>, { otp }: TotpConfirmRequest): Promise<TotpConfirmResponse> {
    const { principal } = grant
    const user = await this.own(principal)
    const recoveryCodes = await this.checks.code(attempt(grant, user), user, () => this.factor.confirm(user, otp))
    if (!recoveryCodes) throw new AppError('INVALID_CREDENTIALS')
    await this.users.update(user.id, { credentials_at: nowIso() }, { keepSession: principal.credential.id })
    this.changes.announce({ userId: user.id })
    return { recoveryCodes }
  }

  /** @throws AppError SESSION_REQUIRED, INVALID_CREDENTIALS, CONFLICT, LOGIN_THROTTLED */
  async disable(grant: Grant<'TotpDisable'>, proof: TotpDisableRequest): Promise<void> {
    const user = await this.own(grant.principal)
    if (!(await this.factor.of(user.id))) throw new AppError('CONFLICT', { reason: 'no second factor is in use' })
    if (!(await this.checks.login(attempt(grant, user), user, proof))) throw new AppError('INVALID_CREDENTIALS')
    await this.factor.remove(user.id)
  }

  private own(principal: Principal): Promise<UserRow> {
    assertSession(principal)
    return ownRow(this.users, principal)
  }
}

function attempt(
  { address }: Grant<'TotpEnrol' | 'TotpConfirm' | 'TotpDisable'>,
  { username }: UserRow,
): { username: string; address: string } {
  return { username, address }
}
