import { Injectable } from '@nestjs/common'
import { builtInRole, customRole, type Membership, type Permission, type Principal, type RoleScope } from '../access/index.js'
import { RoleStore } from '../store/roles.store.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'

/** A role with what it holds now. */
export interface Role {
  readonly name: string
  readonly scope: RoleScope
  readonly permissions: ReadonlySet<Permission>
  /** Not made by an administrator, and the same on every installation. */
  readonly builtIn: boolean
}

/** What somebody may do, and by which roles. */
export type UserRights = Pick<Principal, 'hostRole' | 'hostPermissions' | 'memberships'>

const NOTHING: ReadonlySet<Permission> = new Set()

/** The roles that there are, and what each user holds by them. */
@Injectable()
export class Rights {
  constructor(
    private readonly users: UserStore,
    private readonly roles: RoleStore,
  ) {}

  /** Null when there is no such role for that scope. */
  async role(scope: RoleScope, name: string): Promise<Role | null> {
    const known = builtInRole(scope, name)
    if (known) return { name, scope, permissions: known, builtIn: true }
    const row = await this.roles.find(name)
    return row?.scope === scope ? { name, scope, permissions: customRole(scope, row.permissions), builtIn: false } : null
  }

  /** A role that there is no more gives nothing. */
  async of(user: UserRow): Promise<UserRights> {
    const memberships = new Map<string, Membership>()
    for (const { team_id: id, team_name: name, role, permissions: stored } of await this.users.memberships(user.id)) {
      const permissions = builtInRole('team', role) ?? (stored === null ? null : customRole('team', stored))
      if (permissions) memberships.set(id, { team: { id, name }, role, permissions })
    }
    const host = user.host_role === null ? null : await this.role('host', user.host_role)
    return { hostRole: host?.name ?? null, hostPermissions: host?.permissions ?? NOTHING, memberships }
  }
}
