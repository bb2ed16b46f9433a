import { Injectable } from '@nestjs/common'
import { AuditLog } from '../audit/audit.js'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { UserStore } from '../store/users.store.js'
import type { LoginRequest, LoginResponse, RefreshRequest } from './dto/auth.dto.js'
import { USERNAME } from './dto/fields.js'
import { LoginChecks } from './login-checks.js'
import { loginRecord } from './login-record.js'
import { Sessions } from './sessions.js'

/** Login, refresh and logout. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UserStore,
    private readonly checks: LoginChecks,
    private readonly sessions: Sessions,
    private readonly audit: AuditLog,
  ) {}

  /** @throws AppError INVALID_CREDENTIALS, OTP_REQUIRED, LOGIN_THROTTLED, RATE_LIMITED */
  async login(grant: Grant<'AuthLogin'>, { username, password, otp }: LoginRequest, userAgent: string | undefined): Promise<LoginResponse> {
    const user = await this.users.byUsername(username)
    if (!(await this.checks.login({ username, address: grant.address }, user, { password, otp })) || !user) {
      await this.audit.append(loginRecord(grant, { phase: 'denied', principal_name: nameForLog(username), result: 'invalid_credentials' }))
      throw new AppError('INVALID_CREDENTIALS')
    }
    const { id, login } = await this.sessions.open(user, { address: grant.address, userAgent })
    const who = { principal_id: user.id, principal_name: user.username, credential: `session:${id}` }
    await this.audit.append(loginRecord(grant, { phase: 'opened', ...who, result: 'ok' }))
    return login
  }

  /** @throws AppError UNAUTHENTICATED */
  refresh(_grant: Grant<'AuthRefresh'>, { refreshToken }: RefreshRequest): Promise<LoginResponse> {
    return this.sessions.refresh(refreshToken)
  }

  /** @throws AppError SESSION_REQUIRED for a personal token, which is deleted instead. */
  async logout(grant: Grant<'AuthLogout'>): Promise<void> {
    const { credential } = grant.principal
    if (credential.kind !== 'session') throw new AppError('SESSION_REQUIRED')
    await this.sessions.revoke(credential.id)
  }
}

/** People type their password into the wrong field: what can't be a user name is not written down. */
function nameForLog(username: string): string {
  return USERNAME.test(username) ? username : '(not a user name)'
}
