import {
  EVERYBODY,
  HOST_ROLES,
  type HostRole,
  holdsInTeam,
  holdsOnHost,
  knownRole,
  type Permission,
  PERMISSIONS,
  type Principal,
  TEAM_ROLES,
  type TeamRole,
} from '../access/index.js'
import { AppError } from '../common/errors.js'

/** Nobody can grant what they do not hold: these are the only places where a right is given, or power over its holder taken. */

/** @throws AppError PERMISSION_DENIED naming the first permission of the role that the principal lacks in the team. */
export function assertHoldsTeamRole(principal: Principal, teamId: string, role: TeamRole): void {
  assertEach(TEAM_ROLES[role], (permission) => holdsInTeam(principal, teamId, permission) !== null)
}

/** @throws AppError PERMISSION_DENIED */
export function assertHoldsHostRole(principal: Principal, role: HostRole | null): void {
  if (role) assertEach(HOST_ROLES[role], (permission) => holdsOnHost(principal, permission) !== null)
}

/**
 * Whoever sets somebody's password can act as them.
 * @throws AppError PERMISSION_DENIED naming something that the user holds and the principal does not.
 */
export function assertHoldsAllOf(
  principal: Principal,
  user: { hostRole: HostRole | null; memberships: readonly { team_id: string; role: string }[] },
): void {
  assertEach(EVERYBODY, (permission) => holdsOnHost(principal, permission) !== null)
  assertHoldsHostRole(principal, user.hostRole)
  for (const { team_id, role } of user.memberships) {
    const known = knownRole(role)
    if (known) assertHoldsTeamRole(principal, team_id, known)
  }
}

/** For a token: held on the host, or in the one team, or in any of the principal's. @throws AppError PERMISSION_DENIED */
export function assertHoldsForToken(principal: Principal, permissions: readonly Permission[], teamId: string | null): void {
  const teamIds = teamId === null ? [...principal.memberships.keys()] : [teamId]
  assertEach(
    permissions,
    (permission) => holdsOnHost(principal, permission) !== null || teamIds.some((id) => holdsInTeam(principal, id, permission) !== null),
  )
}

/** Everything that the principal may do in the team. */
export function heldInTeam(principal: Principal, teamId: string): Permission[] {
  return PERMISSIONS.filter((permission) => holdsInTeam(principal, teamId, permission) !== null)
}

/** Everything that the principal may do on the installation as a whole. */
export function heldOnHost(principal: Principal): Permission[] {
  return PERMISSIONS.filter((permission) => holdsOnHost(principal, permission) !== null)
}

function assertEach(permissions: readonly Permission[], held: (permission: Permission) => boolean): void {
  const missing = permissions.find((permission) => !held(permission))
  if (missing) throw new AppError('PERMISSION_DENIED', { permission: missing })
}
