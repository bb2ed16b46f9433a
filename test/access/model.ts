/**
 * What the answer should be, from the roles alone and without src/access/access.ts: written twice on purpose, so that a
 * mistake in the decision is not a mistake in its test.
 */
import { EVERYBODY, HOST_ROLES, operation, type OperationId, type Permission, TEAM_ROLES } from '../../src/access/index.js'

/** The teams of the matrix: own is alpha, foreign is bravo. */
export type TeamAlias = 'alpha' | 'bravo'
/** Which object is asked for. `none` where an operation has no object, or a list names no team. */
export type Which = 'none' | 'own' | 'foreign' | 'foreignName' | 'missing'

export interface Who {
  readonly name: string
  readonly loggedIn: boolean
  readonly role: keyof typeof TEAM_ROLES | 'custom' | null
  readonly host: keyof typeof HOST_ROLES | null
  /** A token's own list, and its only team. */
  readonly cap: readonly Permission[] | null
  readonly onlyTeam: TeamAlias | null
}

const person = (name: string, role: Who['role'] = null, host: Who['host'] = null): Who => ({
  name,
  loggedIn: true,
  role,
  host,
  cap: null,
  onlyTeam: null,
})

/** What a maintainer's token lists; `users.manage` is more than its owner has. */
export const TOKEN_PERMISSIONS = [
  'self.read',
  'teams.read',
  'containers.read',
  'containers.logs',
  'images.read',
  'jobs.read',
  'jobs.cancel',
] as const satisfies Permission[]

/** What the role `custom` holds: one that an administrator made. */
export const CUSTOM_ROLE = [
  'teams.read',
  'containers.read',
  'containers.operate',
  'volumes.remove',
  'jobs.read',
  'images.read',
] as const satisfies Permission[]

/** What the service account's token lists: some of it is more than its role has, some of the role is not in it. */
export const PROGRAM_PERMISSIONS = [
  'self.read',
  'teams.read',
  'containers.read',
  'containers.operate',
  'containers.exec',
  'images.read',
] as const satisfies Permission[]

export const ACTORS: readonly Who[] = [
  { ...person('anonymous'), loggedIn: false },
  person('nobody'),
  person('viewer', 'viewer'),
  person('developer', 'developer'),
  person('maintainer', 'maintainer'),
  person('auditor', null, 'auditor'),
  person('admin', null, 'admin'),
  { ...person('token', 'maintainer'), cap: TOKEN_PERMISSIONS, onlyTeam: 'alpha' },
  { ...person('program', 'custom'), cap: PROGRAM_PERMISSIONS, onlyTeam: 'alpha' },
]

export type Expected = 'allowed' | 'unauthenticated' | 'permission_denied' | 'not_found' | 'team_required' | 'operation_not_offered'

const TEAM_OF: Readonly<Record<Which, TeamAlias | null>> = {
  none: null,
  own: 'alpha',
  foreign: 'bravo',
  foreignName: 'bravo',
  missing: null,
}

/** The targets that an operation is asked about. */
export function targetsOf(id: OperationId): readonly Which[] {
  // what is not offered is refused before anything is looked up
  if (['planned', 'never'].includes(operation(id).edge)) return ['none']
  switch (operation(id).target) {
    case 'public':
    case 'self':
    case 'host':
      return ['none']
    case 'scope':
    case 'team':
      return ['none', 'own', 'foreign', 'missing']
    case 'user':
    case 'image':
    case 'job':
    case 'registry':
    case 'webhook':
    case 'terminal':
      return ['own', 'foreign', 'missing']
    default:
      return ['own', 'foreign', 'foreignName', 'missing']
  }
}

export function expected(who: Who, id: OperationId, which: Which): Expected {
  const row = operation(id)
  if (row.edge === 'planned' || row.edge === 'never') return 'operation_not_offered'
  if (row.target === 'public') return 'allowed'
  if (!who.loggedIn) return 'unauthenticated'
  const permission = row.permission as Permission
  const team = TEAM_OF[which]
  switch (row.target) {
    case 'self':
    case 'host':
      return onHost(who, permission) ? 'allowed' : 'permission_denied'
    case 'user':
      // who may not read users does not learn which exist
      if (!onHost(who, permission)) return 'permission_denied'
      return which === 'missing' ? 'not_found' : 'allowed'
    case 'scope':
      // a list without a team is of all the teams where one may, and empty where there are none
      if (which !== 'none') break
      // a change needs a team in which one may
      if (row.effect === 'write')
        return inTeam(who, 'alpha', permission) || inTeam(who, 'bravo', permission) ? 'allowed' : 'permission_denied'
      return who.cap && !who.cap.includes(permission) ? 'permission_denied' : 'allowed'
    case 'team':
      if (which === 'none') {
        if (who.role === null) return 'team_required'
        return inTeam(who, 'alpha', permission) ? 'allowed' : 'permission_denied'
      }
      break
    default:
      break
  }
  if (team === null || !sees(who, team)) return 'not_found'
  return inTeam(who, team, permission) ? 'allowed' : 'permission_denied'
}

function sees(who: Who, team: TeamAlias): boolean {
  if (who.onlyTeam && who.onlyTeam !== team) return false
  return who.host !== null || (who.role !== null && team === 'alpha')
}

function inTeam(who: Who, team: TeamAlias, permission: Permission): boolean {
  if (!sees(who, team) || (who.cap && !who.cap.includes(permission))) return false
  const byRole: readonly Permission[] = who.role && team === 'alpha' ? { ...TEAM_ROLES, custom: CUSTOM_ROLE }[who.role] : []
  const byHost: readonly Permission[] = who.host ? HOST_ROLES[who.host] : []
  return byRole.includes(permission) || byHost.includes(permission)
}

function onHost(who: Who, permission: Permission): boolean {
  if (who.cap && !who.cap.includes(permission)) return false
  if ((EVERYBODY as readonly Permission[]).includes(permission)) return true
  return who.onlyTeam === null && who.host !== null && (HOST_ROLES[who.host] as readonly Permission[]).includes(permission)
}
