import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { AccessChanges, type Grant, isPermission, type Permission, type Principal, Teams, type TeamRef } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError, type FieldError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import type { TokenRow } from '../store/schema.js'
import { TokenStore } from '../store/tokens.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { NewTokenResponse, TokenCreateRequest, TokenResponse } from './dto/tokens.dto.js'
import { assertHoldsForToken } from './holdings.js'
import { permissionsOf } from './principals.js'
import { PERSONAL_PREFIX, randomSecret, sha256 } from './secrets.js'

const DAY_MS = 86_400_000
const LONGEST_MS = 365 * DAY_MS
const DEFAULT_MS = 90 * DAY_MS

/** Personal tokens: opaque, stored as a hash, with permissions of their own. */
@Injectable()
export class TokensService {
  constructor(
    private readonly tokens: TokenStore,
    private readonly teams: Teams,
    private readonly changes: AccessChanges,
  ) {}

  /** Newest first. */
  async list({ principal }: Grant<'TokenList'>, query: PageQuery): Promise<Page<TokenResponse>> {
    const teams = new Map((await this.teams.allVisible(principal)).map((team) => [team.id, team]))
    const page = pageOf(
      await this.tokens.ofUser(principal.userId),
      { key: (row) => `${row.created_at} ${row.id}`, descending: true },
      query,
    )
    return { items: page.items.map((row) => toToken(row, teams.get(row.team_id ?? '') ?? null)), nextCursor: page.nextCursor }
  }

  /** @throws AppError SESSION_REQUIRED, INVALID_REQUEST, PERMISSION_DENIED, NOT_FOUND for a team that the caller does not see */
  async create({ principal }: Grant<'TokenCreate'>, body: TokenCreateRequest): Promise<NewTokenResponse> {
    assertSession(principal)
    const permissions = knownPermissions(body.permissions)
    const expiresAt = expiry(body.expiresAt)
    const team = body.team === undefined ? null : await this.teams.visible(principal, body.team)
    assertHoldsForToken(principal, permissions, team?.id ?? null)
    const token = PERSONAL_PREFIX + randomSecret()
    const row: TokenRow = {
      id: randomUUID(),
      user_id: principal.userId,
      name: body.name,
      hash: sha256(token),
      prefix: token.slice(0, PERSONAL_PREFIX.length + 4),
      permissions: JSON.stringify(permissions),
      team_id: team?.id ?? null,
      created_at: nowIso(),
      expires_at: expiresAt,
      used_at: null,
    }
    await this.tokens.insert(row)
    return Object.assign(toToken(row, team), { token })
  }

  /** @throws AppError NOT_FOUND */
  async delete({ principal }: Grant<'TokenDelete'>, id: string): Promise<void> {
    if (!(await this.tokens.remove(id, principal.userId))) throw new AppError('NOT_FOUND')
    this.changes.announce({ credentialId: id })
  }
}

/** A stolen token must not make another one that outlives it. */
function assertSession(principal: Principal): void {
  if (principal.credential.kind !== 'session') throw new AppError('SESSION_REQUIRED')
}

function knownPermissions(names: readonly string[]): Permission[] {
  const errors: FieldError[] = names.flatMap((name, at) =>
    isPermission(name) ? [] : [{ pointer: `/permissions/${at}`, detail: 'is not a permission; see GET /permissions' }],
  )
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some permissions do not exist', errors })
  return names.filter(isPermission).sort()
}

function expiry(wanted: string | undefined): string {
  const at = wanted === undefined ? Date.now() + DEFAULT_MS : Date.parse(wanted)
  if (at > Date.now() && at <= Date.now() + LONGEST_MS) return new Date(at).toISOString()
  throw new AppError('INVALID_REQUEST', {
    reason: 'the expiry is not valid',
    errors: [{ pointer: '/expiresAt', detail: 'must be between now and 365 days from now' }],
  })
}

function toToken(row: TokenRow, team: TeamRef | null): TokenResponse {
  const { id, name, prefix, created_at: createdAt, expires_at: expiresAt, used_at: usedAt } = row
  return { id, name, prefix, permissions: permissionsOf(row), team, createdAt, expiresAt, usedAt }
}
