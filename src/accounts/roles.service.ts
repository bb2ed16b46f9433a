import { Injectable } from '@nestjs/common'
import {
  AccessChanges,
  builtInRole,
  customRole,
  type Grant,
  HOST_ROLES,
  operation,
  type OperationId,
  OPERATIONS,
  type Permission,
  PERMISSIONS,
  ROLE_SCOPES,
  type RoleScope,
  TEAM_PERMISSIONS,
  TEAM_ROLES,
} from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { isUniqueViolation } from '../store/database.js'
import { RoleStore } from '../store/roles.store.js'
import type { RoleRow } from '../store/schema.js'
import type { PageQuery } from '../common/page.dto.js'
import type { PermissionResponse, RoleCreateRequest, RoleResponse, RoleUpdateRequest } from './dto/roles.dto.js'
import { assertHoldsOnHost } from './holdings.js'
import { knownPermissions } from './permission-names.js'

const BUILT_IN: readonly RoleResponse[] = [...builtIn('team', TEAM_ROLES), ...builtIn('host', HOST_ROLES)]

const OFFERED = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => operation(id).edge !== 'never')

/** What roles and permissions there are. */
@Injectable()
export class RolesService {
  constructor(
    private readonly roles: RoleStore,
    private readonly changes: AccessChanges,
  ) {}

  async list(_grant: Grant<'RoleList'>, query: PageQuery): Promise<Page<RoleResponse>> {
    return pageOf([...BUILT_IN, ...(await this.roles.all()).map(toRole)], { key: (role) => role.name }, query)
  }

  /** @throws AppError NOT_FOUND */
  async inspect(_grant: Grant<'RoleInspect'>, name: string): Promise<RoleResponse> {
    return BUILT_IN.find((role) => role.name === name) ?? toRole(await this.row(name))
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST, PERMISSION_DENIED for a permission that the caller lacks */
  async create(grant: Grant<'RoleCreate'>, body: RoleCreateRequest): Promise<RoleResponse> {
    const { name, scope, displayName = name } = body
    const permissions = listFor(scope, body.permissions)
    assertHoldsOnHost(grant.principal, permissions)
    if (ROLE_SCOPES.some((each) => builtInRole(each, name))) throw inUse(name)
    const row: RoleRow = { name, scope, display_name: displayName, permissions: JSON.stringify(permissions), created_at: nowIso() }
    await this.roles.insert(row).catch((error: unknown) => {
      throw isUniqueViolation(error) ? inUse(name) : error
    })
    return toRole(row)
  }

  /** Takes effect for everybody who has it. @throws AppError NOT_FOUND, CONFLICT, INVALID_REQUEST, PERMISSION_DENIED */
  async update(grant: Grant<'RoleUpdate'>, name: string, { displayName, permissions }: RoleUpdateRequest): Promise<RoleResponse> {
    const row = await this.changeable(grant, name)
    const list = permissions && listFor(row.scope, permissions)
    assertHoldsOnHost(grant.principal, list ?? [])
    await this.roles.update(name, {
      ...(displayName !== undefined && { display_name: displayName }),
      ...(list && { permissions: JSON.stringify(list) }),
    })
    this.changes.announce({})
    return toRole(await this.row(name))
  }

  /** @throws AppError NOT_FOUND, CONFLICT for a built-in role and one that somebody has, PERMISSION_DENIED */
  async delete(grant: Grant<'RoleDelete'>, name: string): Promise<void> {
    const holders = await this.roles.remove(await this.changeable(grant, name))
    if (holders > 0)
      throw new AppError('CONFLICT', { reason: `${holders} ${holders === 1 ? 'has' : 'have'} this role: give them another first` })
  }

  permissions(_grant: Grant<'PermissionList'>, query: PageQuery): Page<PermissionResponse> {
    const all = PERMISSIONS.map((name) => ({ name, operations: OFFERED.filter((id) => operation(id).permission === name).sort() }))
    return pageOf(all, { key: (permission) => permission.name }, query)
  }

  /** Whoever changes a role has power over those who have it, so must hold all of it. */
  private async changeable({ principal }: Grant<'RoleUpdate' | 'RoleDelete'>, name: string): Promise<RoleRow> {
    if (BUILT_IN.some((role) => role.name === name)) throw new AppError('CONFLICT', { reason: 'a built-in role is never changed' })
    const row = await this.row(name)
    assertHoldsOnHost(principal, customRole(row.scope, row.permissions))
    return row
  }

  private async row(name: string): Promise<RoleRow> {
    const row = await this.roles.find(name)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }
}

function listFor(scope: RoleScope, names: readonly string[]): Permission[] {
  return knownPermissions(
    names,
    scope === 'team'
      ? { list: TEAM_PERMISSIONS, why: 'is for roles of the host: a role in a team has at most what maintainer has' }
      : undefined,
  )
}

function builtIn(scope: RoleScope, roles: Readonly<Record<string, readonly Permission[]>>): RoleResponse[] {
  return Object.entries(roles).map(([name, list]) => ({ name, displayName: name, scope, permissions: [...list].sort(), builtIn: true }))
}

function toRole({ name, display_name: displayName, scope, permissions }: RoleRow): RoleResponse {
  return { name, displayName, scope, permissions: [...customRole(scope, permissions)].sort(), builtIn: false }
}

function inUse(name: string): AppError {
  return new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is in use' }] })
}
