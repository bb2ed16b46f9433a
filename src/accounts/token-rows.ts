import { randomUUID } from 'node:crypto'
import type { Permission, TeamRef } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { TokenRow } from '../store/schema.js'
import type { TokenResponse } from './dto/tokens.dto.js'
import { permissionsOf } from './principals.js'
import { PERSONAL_PREFIX, randomSecret, sha256 } from './secrets.js'

const DAY_MS = 86_400_000
const LONGEST_MS = 365 * DAY_MS
const DEFAULT_MS = 90 * DAY_MS

/** What a new token is to be. */
export interface NewToken {
  readonly userId: string
  readonly name: string
  readonly permissions: readonly Permission[]
  readonly teamId: string | null
  /** RFC 3339; 90 days from now without one. */
  readonly expiresAt: string | undefined
}

/** A token and its row, which keeps only its hash. @throws AppError INVALID_REQUEST for an expiry that is past or too late */
export function newToken({ userId, name, permissions, teamId, expiresAt }: NewToken): { token: string; row: TokenRow } {
  const token = PERSONAL_PREFIX + randomSecret()
  const row: TokenRow = {
    id: randomUUID(),
    user_id: userId,
    name,
    hash: sha256(token),
    prefix: token.slice(0, PERSONAL_PREFIX.length + 4),
    permissions: JSON.stringify(permissions),
    team_id: teamId,
    created_at: nowIso(),
    expires_at: expiry(expiresAt),
    used_at: null,
  }
  return { token, row }
}

export function toToken(row: TokenRow, team: TeamRef | null): TokenResponse {
  const { id, name, prefix, created_at: createdAt, expires_at: expiresAt, used_at: usedAt } = row
  return { id, name, prefix, permissions: permissionsOf(row), team, createdAt, expiresAt, usedAt }
}

/** Newest first. */
export const TOKEN_ORDER = { key: (row: TokenRow) => `${row.created_at} ${row.id}`, descending: true } as const

function expiry(wanted: string | undefined): string {
  const at = wanted === undefined ? Date.now() + DEFAULT_MS : Date.parse(wanted)
  if (at > Date.now() && at <= Date.now() + LONGEST_MS) return new Date(at).toISOString()
  throw new AppError('INVALID_REQUEST', {
    reason: 'the expiry is not valid',
    errors: [{ pointer: '/expiresAt', detail: 'must be between now and 365 days from now' }],
  })
}
