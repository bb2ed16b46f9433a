import { Injectable } from '@nestjs/common'
import { AccessChanges, type Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { TokenStore } from '../store/tokens.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { NewTokenResponse, ServiceTokenCreateRequest, TokenResponse } from './dto/tokens.dto.js'
import { assertHoldsForToken } from './holdings.js'
import { knownPermissions } from './permission-names.js'
import { Principals } from './principals.js'
import { ServiceAccountsService } from './service-accounts.service.js'
import { newToken, TOKEN_ORDER, toToken } from './token-rows.js'
import { assertSession } from './tokens.service.js'

/** Tokens of service accounts, made by those who hold all that the account holds. */
@Injectable()
export class ServiceTokensService {
  constructor(
    private readonly accounts: ServiceAccountsService,
    private readonly tokens: TokenStore,
    private readonly principals: Principals,
    private readonly changes: AccessChanges,
  ) {}

  /** Newest first. */
  async list(grant: Grant<'ServiceTokenList'>, query: PageQuery): Promise<Page<TokenResponse>> {
    const { id, team } = grant.target
    const page = pageOf(await this.tokens.ofUser(id), TOKEN_ORDER, query)
    return { items: page.items.map((row) => toToken(row, team)), nextCursor: page.nextCursor }
  }

  /** @throws AppError SESSION_REQUIRED, INVALID_REQUEST, PERMISSION_DENIED */
  async create(grant: Grant<'ServiceTokenCreate'>, body: ServiceTokenCreateRequest): Promise<NewTokenResponse> {
    assertSession(grant.principal)
    const { team } = grant.target
    const account = await this.accounts.above(grant)
    const permissions = knownPermissions(body.permissions)
    const { name, expiresAt } = body
    const { token, row } = newToken({ userId: account.id, name, permissions, teamId: team.id, expiresAt })
    // What the account itself does not hold would be a promise that the token can't keep.
    assertHoldsForToken(await this.principals.ofUser(account), permissions, team.id)
    await this.tokens.insert(row)
    return Object.assign(toToken(row, team), { token })
  }

  /** @throws AppError NOT_FOUND, PERMISSION_DENIED */
  async delete(grant: Grant<'ServiceTokenDelete'>, id: string): Promise<void> {
    const account = await this.accounts.above(grant)
    if (!(await this.tokens.remove(id, account.id))) throw new AppError('NOT_FOUND')
    this.changes.announce({ credentialId: id })
  }
}
