import { Injectable } from '@nestjs/common'
import type { Grant } from '../../access/index.js'
import { AuditLog } from '../../audit/audit.js'
import { AppError } from '../../common/errors.js'
import { SecretBox } from '../../store/secret-box.js'
import type { LoginResponse } from '../dto/auth.dto.js'
import { loginRecord } from '../login-record.js'
import { type OidcAttempt, OidcClient } from './oidc-client.js'
import { OidcPeople } from './oidc-people.js'

/** How long somebody may take at the provider. */
const ATTEMPT_MS = 600_000
const CONTEXT = 'oidc login'

/** Where the browser goes, and what it has to bring back. */
export interface OidcRedirect {
  readonly location: string
  /** Sealed: only this gateway reads it, and only the browser that began has it. */
  readonly attempt: string
  readonly seconds: number
}

/** What came back with the browser. */
export interface OidcReturn {
  readonly answer: URLSearchParams
  readonly attempt: string | undefined
  readonly userAgent: string | undefined
}

/** Login at an OpenID provider. */
@Injectable()
export class OidcService {
  constructor(
    private readonly client: OidcClient,
    private readonly people: OidcPeople,
    private readonly box: SecretBox,
    private readonly audit: AuditLog,
  ) {}

  /** @throws AppError OIDC_NOT_CONFIGURED, OIDC_UNAVAILABLE */
  async begin(_grant: Grant<'OidcLogin'>): Promise<OidcRedirect> {
    const { location, attempt } = await this.client.begin()
    const sealed = await this.box.seal(JSON.stringify({ ...attempt, until: Date.now() + ATTEMPT_MS }), CONTEXT)
    return { location, attempt: sealed, seconds: ATTEMPT_MS / 1000 }
  }

  /** @throws AppError OIDC_NOT_CONFIGURED, OIDC_REFUSED, OIDC_UNAVAILABLE, INVALID_CREDENTIALS for a disabled user */
  async finish(grant: Grant<'OidcCallback'>, { answer, attempt, userAgent }: OidcReturn): Promise<LoginResponse> {
    const identity = await this.client.finish(answer, this.opened(attempt))
    const { id, username, session, login } = await this.people.login(identity, { address: grant.address, userAgent })
    const who = { principal_id: id, principal_name: username, credential: `session:${session}` }
    await this.audit.append(loginRecord(grant, { phase: 'opened', ...who, result: 'ok' }))
    return login
  }

  /** Without it somebody could be logged in as another, by a link with that other's answer. */
  private opened(sealed: string | undefined): OidcAttempt {
    const refused = new AppError('OIDC_REFUSED', { reason: 'it was not begun in this browser, or too long ago' })
    if (sealed === undefined) throw refused
    let attempt: OidcAttempt & { until: number }
    try {
      attempt = JSON.parse(this.box.open(sealed, CONTEXT)) as OidcAttempt & { until: number }
    } catch {
      throw refused
    }
    if (attempt.until < Date.now()) throw refused
    return attempt
  }
}
