import type { Permission } from './operations.js'
import { EVERYBODY } from './roles.js'

/** A team as the access layer speaks of it. */
export interface TeamRef {
  readonly id: string
  readonly name: string
}

/** A role in one team, with what it held when the principal was made. */
export interface Membership {
  readonly team: TeamRef
  readonly role: string
  readonly permissions: ReadonlySet<Permission>
}

/** Who asks: a user or a service account, through a session or through a token with permissions of its own. */
export interface Principal {
  readonly userId: string
  readonly username: string
  readonly hostRole: string | null
  /** What the host role holds; empty without one. */
  readonly hostPermissions: ReadonlySet<Permission>
  /** Teams in which the user has a role, by team id. */
  readonly memberships: ReadonlyMap<string, Membership>
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

/**
 * The rule that a decision came from. `teamRole`, `hostRole`: that role has the permission, or is the one that lacks it;
 * `tokenPermissions`, `tokenTeam`: the token does not list it, or is for another team; `target`: there is no such object, or
 * none that the caller may know of.
 */
export const RULES = [
  'public',
  'everybody',
  'teamRole',
  'hostRole',
  'library',
  'noRole',
  'tokenPermissions',
  'tokenTeam',
  'target',
  'notOffered',
  'notLoggedIn',
] as const
export type Rule = (typeof RULES)[number]

/** Which rule decided, and by which role in which team. */
export interface Because {
  readonly rule: Rule
  readonly role?: string
  readonly team?: string
}

/** Whether a permission is held, and why. */
export interface Judgement {
  readonly holding: Holding
  readonly because: Because
}

const refused = (because: Because): Judgement => ({ holding: null, because })

/** On the installation as a whole. */
export function judgeOnHost(principal: Principal, permission: Permission): Judgement {
  if (principal.cap && !principal.cap.has(permission)) return refused({ rule: 'tokenPermissions' })
  if (has(EVERYBODY, permission)) return { holding: 'member', because: { rule: 'everybody' } }
  // A token for one team reaches nothing of the host, whoever made it.
  if (principal.onlyTeam !== null) return refused({ rule: 'tokenTeam' })
  if (principal.hostRole === null) return refused({ rule: 'noRole' })
  const because = { rule: 'hostRole', role: principal.hostRole } as const
  return principal.hostPermissions.has(permission) ? { holding: 'host', because } : refused(because)
}

/** In one team. */
export function judgeInTeam(principal: Principal, teamId: string, permission: Permission): Judgement {
  if (principal.cap && !principal.cap.has(permission)) return refused({ rule: 'tokenPermissions' })
  if (principal.onlyTeam !== null && principal.onlyTeam !== teamId) return refused({ rule: 'tokenTeam' })
  const membership = principal.memberships.get(teamId)
  const byTeam = membership && ({ rule: 'teamRole', role: membership.role, team: membership.team.name } as const)
  if (membership?.permissions.has(permission)) return { holding: 'member', because: byTeam! }
  if (principal.hostRole === null) return refused(byTeam ?? { rule: 'noRole' })
  const byHost = { rule: 'hostRole', role: principal.hostRole } as const
  return principal.hostPermissions.has(permission) ? { holding: 'host', because: byHost } : refused(byTeam ?? byHost)
}

/** Does the principal hold the permission on the installation as a whole? */
export function holdsOnHost(principal: Principal, permission: Permission): Holding {
  return judgeOnHost(principal, permission).holding
}

/** Does the principal hold the permission in the team? */
export function holdsInTeam(principal: Principal, teamId: string, permission: Permission): Holding {
  return judgeInTeam(principal, teamId, permission).holding
}

/** May the principal know that the team exists? */
export function seesTeam(principal: Principal, teamId: string): boolean {
  if (principal.onlyTeam !== null && principal.onlyTeam !== teamId) return false
  return principal.hostRole !== null || principal.memberships.has(teamId)
}

/** The same rights, whatever they come from? Compares all that decisions read. */
export function sameRights(before: Principal, now: Principal): boolean {
  return facts(before) === facts(now)
}

function facts({ hostRole, hostPermissions, memberships, cap, onlyTeam }: Principal): string {
  const roles = [...memberships].map(([id, { role, permissions }]) => [id, role, ...sorted(permissions)].join(' ')).toSorted()
  return JSON.stringify([hostRole, sorted(hostPermissions), roles, cap && sorted(cap), onlyTeam])
}

function sorted(set: ReadonlySet<Permission>): Permission[] {
  return [...set].toSorted()
}

function has(list: readonly Permission[], permission: Permission): boolean {
  return list.includes(permission)
}
