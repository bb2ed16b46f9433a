import { PERMISSIONS, type Permission } from './operations.js'

const viewer = [
  'containers.read',
  'containers.logs',
  'containers.stats',
  'containers.top',
  'images.read',
  'volumes.read',
  'networks.read',
  'registries.read',
  'events.read',
  'jobs.read',
  'teams.read',
] as const satisfies readonly Permission[]

const developer = [
  ...viewer,
  'containers.env',
  'containers.create',
  'containers.operate',
  'containers.update',
  'containers.remove',
  'containers.exec',
  'containers.attach',
  'terminals.read',
  'containers.files',
  'images.pull',
  'images.build',
  'images.commit',
  'images.import',
  'images.save',
  'images.tag',
  'images.push',
  'images.remove',
  'volumes.create',
  'volumes.remove',
  'networks.create',
  'networks.connect',
  'networks.remove',
  'jobs.cancel',
] as const satisfies readonly Permission[]

const maintainer = [
  ...developer,
  'terminals.replay',
  'containers.bulk',
  'containers.prune',
  'images.prune',
  'volumes.prune',
  'networks.prune',
  'registries.manage',
  'webhooks.read',
  'webhooks.manage',
  'members.manage',
  'serviceAccounts.read',
  'serviceAccounts.manage',
  'teams.update',
] as const satisfies readonly Permission[]

/** Roles that a user has in one team. */
export const TEAM_ROLES = { viewer, developer, maintainer } as const satisfies Record<string, readonly Permission[]>
export type TeamRole = keyof typeof TEAM_ROLES

const auditor = [
  'containers.read',
  'terminals.read',
  'images.read',
  'volumes.read',
  'networks.read',
  'events.read',
  'jobs.read',
  'teams.read',
  'users.read',
  'serviceAccounts.read',
  'unowned.read',
  'exports.read',
  'seccomp.read',
  'audit.read',
  'system.metrics',
] as const satisfies readonly Permission[]

/** Roles on the whole host; they hold in every team. */
export const HOST_ROLES = { auditor, admin: PERMISSIONS } as const satisfies Record<string, readonly Permission[]>
export type HostRole = keyof typeof HOST_ROLES

/** What everybody who is logged in may do; a personal token still has to list them. */
export const EVERYBODY = ['self.read', 'self.manage', 'system.read'] as const satisfies readonly Permission[]

/** Where a role holds: in one team, or on the whole host and so in every team. */
export const ROLE_SCOPES = ['team', 'host'] as const
export type RoleScope = (typeof ROLE_SCOPES)[number]

/** The most that a role in a team may hold: what is beyond its maintainers is for the host's roles, or a team could lift itself. */
export const TEAM_PERMISSIONS: readonly Permission[] = TEAM_ROLES.maintainer

const BUILT_IN: Readonly<Record<RoleScope, ReadonlyMap<string, ReadonlySet<Permission>>>> = {
  team: setsOf(TEAM_ROLES),
  host: setsOf(HOST_ROLES),
}

/** What a built-in role holds; null when it is none. */
export function builtInRole(scope: RoleScope, name: string): ReadonlySet<Permission> | null {
  return BUILT_IN[scope].get(name) ?? null
}

/** What a role that an administrator made holds: its stored list, as far as these are permissions and may be in such a role. */
export function customRole(scope: RoleScope, stored: string): ReadonlySet<Permission> {
  const list: unknown = JSON.parse(stored)
  const names = new Set<unknown>(Array.isArray(list) ? list : [])
  return new Set((scope === 'team' ? TEAM_PERMISSIONS : PERMISSIONS).filter((permission) => names.has(permission)))
}

function setsOf(roles: Readonly<Record<string, readonly Permission[]>>): ReadonlyMap<string, ReadonlySet<Permission>> {
  return new Map(Object.entries(roles).map(([name, list]) => [name, new Set(list)]))
}
