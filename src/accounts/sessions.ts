import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { AccessChanges } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { SessionRow, UserRow } from '../store/schema.js'
import { SessionStore } from '../store/sessions.store.js'
import { UserStore } from '../store/users.store.js'
import type { LoginResponse } from './dto/auth.dto.js'
import { isAlive } from './principals.js'
import { sha256 } from './secrets.js'
import { SessionTokens } from './session-tokens.js'

/** Ended sessions are kept that long: they tell which addresses the user knows. */
const KEPT_MS = 90 * 86_400_000

/** Where a login comes from. */
export interface Client {
  readonly address: string
  readonly userAgent: string | undefined
}

/** The life of login sessions: opened, refreshed with a new token each time, revoked. */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: SessionStore,
    private readonly users: UserStore,
    private readonly tokens: SessionTokens,
    private readonly changes: AccessChanges,
  ) {}

  /**
   * Opens a session for credentials that were verified against this row of the user.
   * @throws AppError INVALID_CREDENTIALS when they have changed in the meantime
   */
  async open(user: UserRow, client: Client): Promise<{ id: string; login: LoginResponse }> {
    const id = randomUUID()
    const refresh = await this.tokens.newRefresh(id)
    await this.store.forget(user.id, nowIso(-KEPT_MS))
    const row: SessionRow = {
      id,
      user_id: user.id,
      refresh_hash: refresh.hash,
      created_at: nowIso(),
      used_at: usedNow(user),
      expires_at: refresh.expiresAt,
      revoked_at: null,
      address: client.address,
      user_agent: printable(client.userAgent),
    }
    if (!(await this.store.insertIfCurrent(row, user.credentials_at))) throw new AppError('INVALID_CREDENTIALS')
    return { id, login: await this.tokens.login(user.id, id, refresh) }
  }

  /**
   * One refresh token, one refresh. A genuine one that was used before means that somebody has a copy: the session ends.
   * @throws AppError UNAUTHENTICATED
   */
  async refresh(refreshToken: string): Promise<LoginResponse> {
    const id = await this.tokens.sessionOfRefresh(refreshToken)
    const session = id === null ? null : await this.store.find(id)
    const user = session && (await this.users.find(session.user_id))
    if (!session || !user || !isAlive(session, user)) throw new AppError('UNAUTHENTICATED')
    const next = await this.tokens.newRefresh(session.id)
    const change = { refresh_hash: next.hash, used_at: usedNow(user), expires_at: next.expiresAt }
    if (!(await this.store.rotate(session.id, sha256(refreshToken), change))) {
      await this.revoke(session.id)
      throw new AppError('UNAUTHENTICATED')
    }
    return this.tokens.login(user.id, session.id, next)
  }

  /** The user's sessions that hold now. */
  async of(user: UserRow): Promise<SessionRow[]> {
    return (await this.store.open(user.id, nowIso())).filter((session) => isAlive(session, user))
  }

  /** Ends it at once, for requests and open streams alike. */
  async revoke(id: string): Promise<void> {
    if (await this.store.revoke(id, nowIso())) this.changes.announce({ credentialId: id })
  }
}

/** Never before the credentials that were looked at, whatever the clocks of two hosts say. */
function usedNow({ credentials_at }: UserRow): string {
  const now = nowIso()
  return now > credentials_at ? now : credentials_at
}

function printable(userAgent: string | undefined): string {
  return (userAgent ?? '').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
