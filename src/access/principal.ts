import type { Permission } from './operations.js'
import { EVERYBODY, HOST_ROLES, type HostRole, isTeamRole, TEAM_ROLES, type TeamRole } from './roles.js'

/** A team as the access layer speaks of it. */
export interface TeamRef {
  readonly id: string
  readonly name: string
}

/** Who asks: a user, through a session or through a personal token with permissions of its own. */
export interface Principal {
  readonly userId: string
  readonly username: string
  readonly hostRole: HostRole | null
  /** Teams in which the user has a role, by team id. */
  readonly memberships: ReadonlyMap<string, { readonly team: TeamRef; readonly role: TeamRole }>
  readonly credential:
    | { readonly kind: 'session'; readonly id: string; readonly expiresAt: Date }
    | { readonly kind: 'token'; readonly id: string; readonly expiresAt: Date }
  /** A token's own list; null means all that the user has. */
  readonly cap: ReadonlySet<Permission> | null
  /** A token's only team; null means all of the user's. */
  readonly onlyTeam: string | null
}

/** What answers "why": held by a role in the team, by the host role, or not at all. */
export type Holding = 'member' | 'host' | null

/** Does the principal hold the permission on the installation as a whole? */
export function holdsOnHost(principal: Principal, permission: Permission): Holding {
  if (principal.cap && !principal.cap.has(permission)) return null
  if (has(EVERYBODY, permission)) return 'member'
  // A token for one team reaches nothing of the host, whoever made it.
  if (principal.onlyTeam !== null || principal.hostRole === null) return null
  return has(HOST_ROLES[principal.hostRole], permission) ? 'host' : null
}

/** Does the principal hold the permission in the team? */
export function holdsInTeam(principal: Principal, teamId: string, permission: Permission): Holding {
  if (principal.cap && !principal.cap.has(permission)) return null
  if (principal.onlyTeam !== null && principal.onlyTeam !== teamId) return null
  const role = principal.memberships.get(teamId)?.role
  if (role && has(TEAM_ROLES[role], permission)) return 'member'
  if (principal.hostRole && has(HOST_ROLES[principal.hostRole], permission)) return 'host'
  return null
}

/** May the principal know that the team exists? */
export function seesTeam(principal: Principal, teamId: string): boolean {
  if (principal.onlyTeam !== null && principal.onlyTeam !== teamId) return false
  return principal.hostRole !== null || principal.memberships.has(teamId)
}

/** A stored role that is not known any more gives nothing. */
export function knownRole(role: string): TeamRole | null {
  return isTeamRole(role) ? role : null
}

function has(list: readonly Permission[], permission: Permission): boolean {
  return list.includes(permission)
}
