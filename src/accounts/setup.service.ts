import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { LoginResponse, SetupRequest } from './dto/auth.dto.js'
import { LoginChecks } from './login-checks.js'
import { Sessions } from './sessions.js'
import { Setup } from './setup.js'

/** The set-up over the API. */
@Injectable()
export class SetupService {
  constructor(
    private readonly setup: Setup,
    private readonly checks: LoginChecks,
    private readonly sessions: Sessions,
  ) {}

  /** @throws AppError SETUP_DONE, SETUP_TOKEN_INVALID, LOGIN_THROTTLED, INVALID_REQUEST */
  async complete(
    grant: Grant<'SetupComplete'>,
    { setupToken, username, password }: SetupRequest,
    userAgent: string | undefined,
  ): Promise<LoginResponse> {
    await this.setup.assertOpen()
    await this.checks.setupToken(grant.address, () => this.setup.isToken(setupToken))
    const user = await this.setup.complete(username, password)
    if (!user) throw new AppError('SETUP_DONE')
    return (await this.sessions.open(user, { address: grant.address, userAgent })).login
  }
}
