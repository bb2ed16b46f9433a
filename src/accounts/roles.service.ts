import { Injectable } from '@nestjs/common'
import { type Grant, HOST_ROLES, operation, type OperationId, OPERATIONS, PERMISSIONS, TEAM_ROLES } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import type { PageQuery } from '../common/page.dto.js'
import type { PermissionResponse, RoleResponse } from './dto/roles.dto.js'

const ROLES: readonly RoleResponse[] = [
  ...Object.entries(TEAM_ROLES).map(([name, list]) => ({ name, scope: 'team' as const, permissions: [...list].sort() })),
  ...Object.entries(HOST_ROLES).map(([name, list]) => ({ name, scope: 'host' as const, permissions: [...list].sort() })),
]

const OFFERED = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => operation(id).edge !== 'never')

/** What roles and permissions there are. */
@Injectable()
export class RolesService {
  list(_grant: Grant<'RoleList'>, query: PageQuery): Page<RoleResponse> {
    return pageOf(ROLES, { key: (role) => role.name }, query)
  }

  /** @throws AppError NOT_FOUND */
  inspect(_grant: Grant<'RoleInspect'>, name: string): RoleResponse {
    const role = ROLES.find((candidate) => candidate.name === name)
    if (!role) throw new AppError('NOT_FOUND')
    return role
  }

  permissions(_grant: Grant<'PermissionList'>, query: PageQuery): Page<PermissionResponse> {
    const all = PERMISSIONS.map((name) => ({ name, operations: OFFERED.filter((id) => operation(id).permission === name).sort() }))
    return pageOf(all, { key: (permission) => permission.name }, query)
  }
}
