import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { AccessChanges, type Grant, type OperationId, scopeOf } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { isUniqueViolation } from '../store/database.js'
import { MembershipStore } from '../store/memberships.store.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { ServiceAccountCreateRequest, ServiceAccountResponse, ServiceAccountUpdateRequest } from './dto/service-accounts.dto.js'
import { SERVICE_PREFIX } from './dto/fields.js'
import { assertHoldsAllOf, assertHoldsInTeam } from './holdings.js'
import { teamRole } from './members.service.js'
import { Rights, type Role } from './rights.js'

/** No password has this hash: nobody logs in as a program. */
const NO_PASSWORD = '-'

/** A grant on one service account. */
type OnAccount = Grant<Extract<OperationId, `ServiceAccount${'Inspect' | 'Update' | 'Delete'}` | `ServiceToken${string}`>>

/** Accounts for programs: each belongs to one team, has a role there, and acts by tokens alone. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly users: UserStore,
    private readonly memberships: MembershipStore,
    private readonly rights: Rights,
    private readonly changes: AccessChanges,
  ) {}

  async list(grant: Grant<'ServiceAccountList'>, query: PageQuery): Promise<Page<ServiceAccountResponse>> {
    const scope = scopeOf(grant)
    const page = pageOf(await this.users.ofTeams({ teamIds: [...scope.keys()] }), { key: (row) => row.username }, query)
    const items = await Promise.all(page.items.map((row) => this.view(row, scope.get(row.team_id!)!.name)))
    return { items, nextCursor: page.nextCursor }
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST, PERMISSION_DENIED */
  async create(grant: Grant<'ServiceAccountCreate'>, body: ServiceAccountCreateRequest): Promise<ServiceAccountResponse> {
    const { team } = grant.target
    const { name, displayName = name } = body
    const role = await teamRole(this.rights, body.role)
    assertHoldsInTeam(grant.principal, team.id, role.permissions)
    const at = nowIso()
    const row: UserRow = {
      id: randomUUID(),
      username: `${SERVICE_PREFIX}${team.name}.${name}`,
      display_name: displayName,
      password_hash: NO_PASSWORD,
      host_role: null,
      disabled: 0,
      created_at: at,
      credentials_at: at,
      kind: 'service',
      team_id: team.id,
    }
    const membership = { team_id: team.id, user_id: row.id, role: role.name, created_at: at }
    await this.users.insertService(row, membership, !role.builtIn).catch((error: unknown) => {
      throw isUniqueViolation(error) ? new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is in use' }] }) : error
    })
    return this.view(row, team.name)
  }

  async inspect(grant: Grant<'ServiceAccountInspect'>): Promise<ServiceAccountResponse> {
    return this.view(await this.row(grant), grant.target.team.name)
  }

  /** @throws AppError PERMISSION_DENIED, INVALID_REQUEST, NOT_FOUND */
  async update(grant: Grant<'ServiceAccountUpdate'>, body: ServiceAccountUpdateRequest): Promise<ServiceAccountResponse> {
    const row = await this.above(grant)
    const { displayName, disabled, role: name } = body
    const role = name === undefined ? null : await teamRole(this.rights, name)
    if (role) await this.give(grant, row, role)
    await this.users.update(row.id, {
      ...(displayName !== undefined && { display_name: displayName }),
      ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
    })
    this.changes.announce({ userId: row.id })
    return this.view(await this.row(grant), grant.target.team.name)
  }

  /** @throws AppError PERMISSION_DENIED, NOT_FOUND */
  async delete(grant: Grant<'ServiceAccountDelete'>): Promise<void> {
    const row = await this.above(grant)
    await this.users.remove(row.id)
    this.changes.announce({ userId: row.id })
  }

  /** The account, of somebody who may act as it. @throws AppError PERMISSION_DENIED, NOT_FOUND */
  async above(grant: OnAccount): Promise<UserRow> {
    const row = await this.row(grant)
    assertHoldsAllOf(grant.principal, await this.rights.of(row))
    return row
  }

  /** @throws AppError NOT_FOUND when it was deleted in this moment */
  async row({ target }: OnAccount): Promise<UserRow> {
    const row = await this.users.find(target.id)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }

  private async give(grant: Grant<'ServiceAccountUpdate'>, row: UserRow, role: Role): Promise<void> {
    const { team } = grant.target
    assertHoldsInTeam(grant.principal, team.id, role.permissions)
    await this.memberships.put({ team_id: team.id, user_id: row.id, role: role.name, created_at: nowIso() }, !role.builtIn)
  }

  private async view(row: UserRow, team: string): Promise<ServiceAccountResponse> {
    const { id, username, display_name: displayName, disabled, created_at: createdAt } = row
    const membership = await this.memberships.find(row.team_id!, id)
    return { id, username, displayName, team, role: membership?.role ?? null, disabled: disabled !== 0, createdAt }
  }
}
