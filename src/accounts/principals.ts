import { Injectable } from '@nestjs/common'
import { isPermission, type Permission, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import type { SessionRow, TokenRow, UserRow } from '../store/schema.js'
import { SessionStore } from '../store/sessions.store.js'
import { TokenStore } from '../store/tokens.store.js'
import { UserStore } from '../store/users.store.js'
import { Rights } from './rights.js'
import { sha256 } from './secrets.js'
import type { AccessClaims } from './session-tokens.js'

/** How exact "last used" of a token is: a write on every request would be for nobody. */
const USED_EVERY_MS = 60_000

type Credential = Principal['credential']
type Limits = Pick<Principal, 'cap' | 'onlyTeam'>

/** Makes principals of what the database says now. */
@Injectable()
export class Principals {
  constructor(
    private readonly users: UserStore,
    private readonly sessions: SessionStore,
    private readonly tokens: TokenStore,
    private readonly rights: Rights,
  ) {}

  /** Null when the session or its user no longer holds. */
  async ofSession({ userId, sessionId, expiresAt }: AccessClaims): Promise<Principal | null> {
    const [session, user] = await Promise.all([this.sessions.find(sessionId), this.users.find(userId)])
    if (!session || !user || !isAlive(session, user)) return null
    return this.principal(user, { kind: 'session', id: session.id, expiresAt }, { cap: null, onlyTeam: null })
  }

  /** Null when there is no such personal token, or when it or its owner no longer holds. */
  async ofToken(secret: string): Promise<Principal | null> {
    const token = await this.tokens.findByHash(sha256(secret))
    const principal = token && (await this.byToken(token))
    if (principal && (token.used_at === null || token.used_at < nowIso(-USED_EVERY_MS))) await this.tokens.used(token.id, nowIso())
    return principal
  }

  /** As it is now, by its credential's id alone. Null when that no longer holds. */
  async again({ userId, credential }: Principal): Promise<Principal | null> {
    if (credential.kind === 'session') return this.ofSession({ userId, sessionId: credential.id, expiresAt: credential.expiresAt })
    const token = await this.tokens.find(credential.id)
    return token && this.byToken(token)
  }

  /** Somebody as they would be after a login: for questions about others. */
  async ofUser(user: UserRow): Promise<Principal> {
    return this.principal(user, { kind: 'session', id: '', expiresAt: new Date(0) }, { cap: null, onlyTeam: null })
  }

  private async byToken(token: TokenRow): Promise<Principal | null> {
    if (token.expires_at <= nowIso()) return null
    const user = await this.users.find(token.user_id)
    if (!user || user.disabled !== 0) return null
    const credential = { kind: 'token', id: token.id, expiresAt: new Date(token.expires_at) } as const
    return this.principal(user, credential, { cap: new Set(permissionsOf(token)), onlyTeam: token.team_id })
  }

  private async principal(user: UserRow, credential: Credential, limits: Limits): Promise<Principal> {
    return { userId: user.id, username: user.username, ...(await this.rights.of(user)), credential, ...limits }
  }
}

/** Does the session still hold? A change of credentials revokes sessions; one not used since then is dead in any case. */
export function isAlive(session: SessionRow, user: UserRow): boolean {
  return (
    session.user_id === user.id &&
    session.revoked_at === null &&
    session.expires_at > nowIso() &&
    session.used_at >= user.credentials_at &&
    user.disabled === 0
  )
}

/** A token's list without what is no longer a permission. */
export function permissionsOf(token: TokenRow): Permission[] {
  const list: unknown = JSON.parse(token.permissions)
  return Array.isArray(list) ? list.filter((name): name is Permission => typeof name === 'string' && isPermission(name)) : []
}
