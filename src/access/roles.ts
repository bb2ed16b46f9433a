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
  'containers.prune',
  'images.prune',
  'volumes.prune',
  'networks.prune',
  'registries.manage',
  'members.manage',
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
  'unowned.read',
  'exports.read',
  'audit.read',
  'system.metrics',
] as const satisfies readonly Permission[]

/** Roles on the whole host; they hold in every team. */
export const HOST_ROLES = { auditor, admin: PERMISSIONS } as const satisfies Record<string, readonly Permission[]>
export type HostRole = keyof typeof HOST_ROLES

/** What everybody who is logged in may do; a personal token still has to list them. */
export const EVERYBODY = ['self.read', 'self.manage', 'system.read'] as const satisfies readonly Permission[]

/** Rank of the team roles: nobody gives a role above their own. */
export const TEAM_ROLE_ORDER: readonly TeamRole[] = ['viewer', 'developer', 'maintainer']

export function isTeamRole(role: string): role is TeamRole {
  return Object.hasOwn(TEAM_ROLES, role)
}
