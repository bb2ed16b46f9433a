import { Injectable } from '@nestjs/common'
import { AccessChanges, type Grant, type Principal, Teams } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { TokenStore } from '../store/tokens.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { NewTokenResponse, TokenCreateRequest, TokenResponse } from './dto/tokens.dto.js'
import { assertHoldsForToken } from './holdings.js'
import { knownPermissions } from './permission-names.js'
import { newToken, TOKEN_ORDER, toToken } from './token-rows.js'

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
    const page = pageOf(await this.tokens.ofUser(principal.userId), TOKEN_ORDER, query)
    return { items: page.items.map((row) => toToken(row, teams.get(row.team_id ?? '') ?? null)), nextCursor: page.nextCursor }
  }

  /** @throws AppError SESSION_REQUIRED, INVALID_REQUEST, PERMISSION_DENIED, NOT_FOUND for a team that the caller does not see */
  async create({ principal }: Grant<'TokenCreate'>, body: TokenCreateRequest): Promise<NewTokenResponse> {
    assertSession(principal)
    const permissions = knownPermissions(body.permissions)
    const team = body.team === undefined ? null : await this.teams.visible(principal, body.team)
    const { name, expiresAt } = body
    const { token, row } = newToken({ userId: principal.userId, name, permissions, teamId: team?.id ?? null, expiresAt })
    assertHoldsForToken(principal, permissions, team?.id ?? null)
    await this.tokens.insert(row)
    return Object.assign(toToken(row, team), { token })
  }

  /** @throws AppError NOT_FOUND */
  async delete({ principal }: Grant<'TokenDelete'>, id: string): Promise<void> {
    if (!(await this.tokens.remove(id, principal.userId))) throw new AppError('NOT_FOUND')
    this.changes.announce({ credentialId: id })
  }
}

/** A stolen token must not make another one that outlives it. @throws AppError SESSION_REQUIRED */
export function assertSession(principal: Principal): void {
  if (principal.credential.kind !== 'session') throw new AppError('SESSION_REQUIRED')
}
