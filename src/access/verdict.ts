import { AppError } from '../common/errors.js'
import { LIBRARY } from '../store/image-references.store.js'
import type { OperationRow, Permission } from './operations.js'
import { type Because, type Judgement, judgeInTeam, judgeOnHost, type Principal } from './principal.js'
import type { Pointer } from './resolver.js'
import type { ScopeTarget, Target } from './targets.js'

/** What a decision came from; `error` is what the operation itself would answer. */
export interface Explanation {
  readonly because: Because
  readonly error: AppError | null
}

/** A decision before it is a Grant or an error. */
export type Verdict =
  | { readonly target: Target; readonly asAdmin: boolean; readonly because: Because }
  | { readonly error: AppError; readonly because: Because }

export function allowed(target: Target, { holding, because }: Judgement): Verdict {
  const team = teamOf(target)
  return { target, asAdmin: holding === 'host', because: because.rule === 'hostRole' && team !== null ? { ...because, team } : because }
}

export function denied(error: AppError, because: Because): Verdict {
  return { error, because }
}

export function lacking(permission: Permission, { because }: Judgement): Verdict {
  return denied(new AppError('PERMISSION_DENIED', { permission }), because)
}

/** A list is of the teams in which the permission is held; asking for one team without it is a denial, as is a change that nobody may. */
export function judgeScope(principal: Principal, row: OperationRow, target: ScopeTarget, pointer: Pointer): Verdict {
  const permission = row.permission as Permission
  const judged = target.teams.map((team) => ({ team, ...judgeInTeam(principal, team.id, permission) }))
  const held = judged.filter(({ holding }) => holding !== null)
  const first = (held[0] ?? judged[0])?.because ?? { rule: 'noRole' }
  const capped = principal.cap !== null && !principal.cap.has(permission)
  if (held.length === 0 && (pointer.team !== undefined || capped || row.effect === 'write'))
    return denied(new AppError('PERMISSION_DENIED', { permission }), capped ? { rule: 'tokenPermissions' } : first)
  const asAdmin = held.some(({ holding }) => holding === 'host')
  return { target: { kind: 'scope', teams: held.map(({ team }) => team) }, asAdmin, because: first }
}

export function judgeOn(principal: Principal, target: Target, permission: Permission): Judgement {
  const team = 'team' in target ? target.team : null
  if (team === null) return judgeOnHost(principal, permission)
  // A library image is everybody's to read, through the permission in any of the caller's teams; nobody's to change here.
  if (target.kind === 'image' && target.library) return judgeInLibrary(principal, permission)
  return judgeInTeam(principal, team.id, permission)
}

function judgeInLibrary(principal: Principal, permission: Permission): Judgement {
  if (permission !== 'images.read') return { holding: null, because: { rule: 'library' } }
  for (const teamId of principal.memberships.keys()) {
    const judgement = judgeInTeam(principal, teamId, permission)
    if (judgement.holding === 'member') return judgement
  }
  return judgeOnHost(principal, permission)
}

/** The reference that finds this very object again, for whoever may see it. */
export function pinned(target: Target, pointer: Pointer): Pointer {
  if (target.kind === 'scope') return { team: pointer.team }
  const team = 'team' in target && target.team && target.team.id !== LIBRARY ? target.team.name : undefined
  if (target.kind === 'team') return { team }
  if (target.kind === 'teamEntity') return { ref: target.team.id }
  if ('engineId' in target) return { ref: target.kind === 'volume' ? target.name : target.engineId, team }
  if (target.kind === 'image') return { ref: target.reference ?? target.contentId, team }
  return 'id' in target ? { ref: target.id } : {}
}

/** Name of the team that a target belongs to. */
export function teamOf(target: Target): string | null {
  return 'team' in target ? (target.team?.name ?? null) : null
}
