import { EVERYBODY, holdsInTeam, holdsOnHost, type Permission, PERMISSIONS, type Principal } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { UserRights } from './rights.js'

/** Nobody can grant what they do not hold: these are the only places where a right is given, or power over its holder taken. */

/** @throws AppError PERMISSION_DENIED naming the first permission that the principal lacks in the team. */
export function assertHoldsInTeam(principal: Principal, teamId: string, permissions: Iterable<Permission>): void {
  assertEach(permissions, (permission) => holdsInTeam(principal, teamId, permission) !== null)
}

/** @throws AppError PERMISSION_DENIED */
export function assertHoldsOnHost(principal: Principal, permissions: Iterable<Permission>): void {
  assertEach(permissions, (permission) => holdsOnHost(principal, permission) !== null)
}

/**
 * Whoever sets somebody's password, or makes a token for them, can act as them.
 * @throws AppError PERMISSION_DENIED naming something that the user holds and the principal does not.
 */
export function assertHoldsAllOf(principal: Principal, { hostPermissions, memberships }: UserRights): void {
  assertHoldsOnHost(principal, EVERYBODY)
  assertHoldsOnHost(principal, hostPermissions)
  for (const [teamId, { permissions }] of memberships) assertHoldsInTeam(principal, teamId, permissions)
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

function assertEach(permissions: Iterable<Permission>, held: (permission: Permission) => boolean): void {
  for (const permission of permissions) if (!held(permission)) throw new AppError('PERMISSION_DENIED', { permission })
}
