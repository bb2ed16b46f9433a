import { Injectable } from '@nestjs/common'
import { AccessChanges } from '../../access/index.js'
import type { LoginResponse } from '../dto/auth.dto.js'
import { type Client, Sessions } from '../sessions.js'
import type { OidcIdentity } from './oidc-client.js'
import { OidcRoles } from './oidc-roles.js'
import { OidcUsers } from './oidc-users.js'

/** A login that came through. */
export interface OidcSession {
  readonly id: string
  readonly username: string
  readonly session: string
  readonly login: LoginResponse
}

/** From somebody at the provider to a session of ours. */
@Injectable()
export class OidcPeople {
  constructor(
    private readonly users: OidcUsers,
    private readonly roles: OidcRoles,
    private readonly sessions: Sessions,
    private readonly changes: AccessChanges,
  ) {}

  /** Roles first: the session begins with what the groups say now. @throws AppError INVALID_CREDENTIALS for a disabled user */
  async login(identity: OidcIdentity, client: Client): Promise<OidcSession> {
    const user = await this.users.of(identity)
    if (await this.roles.apply(user, identity.roles)) this.changes.announce({ userId: user.id })
    const { id: session, login } = await this.sessions.open(user, client)
    return { id: user.id, username: user.username, session, login }
  }
}
