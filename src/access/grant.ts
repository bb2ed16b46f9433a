import { AppError } from '../common/errors.js'
import type { OperationId, Permission } from './operations.js'
import { holdsInTeam, holdsOnHost, type Principal, type TeamRef } from './principal.js'
import type { TargetOf } from './targets.js'

/**
 * The proof that this principal may do this operation on this target. Only `access/` makes one: the class is exported as a
 * type alone from the folder's face, and its private field makes a look-alike a compile error. Domain services take the
 * Grant of their own operation first, so a service that is called without its decision does not compile.
 */
export class Grant<Op extends OperationId> {
  readonly #proof = true

  private constructor(
    readonly operation: Op,
    /** Null only for operations whose target is `public`. */
    private readonly who: Principal | null,
    readonly target: TargetOf<Op>,
    readonly requestId: string,
    /** Held by the host role, not by a role in the team. */
    readonly asAdmin: boolean,
    readonly address: string,
    /** For the audit log: see Pointer. */
    readonly detail: string | undefined,
  ) {
    void this.#proof
  }

  /** The caller; an operation without authentication has none and throws. */
  get principal(): Principal {
    if (!this.who) throw new AppError('UNAUTHENTICATED')
    return this.who
  }

  /** Does the caller hold another permission in the target's team? For parts of an answer, such as env values. */
  holds(permission: Permission, team: TeamRef | null): boolean {
    if (!this.who) return false
    return (team ? holdsInTeam(this.who, team.id, permission) : holdsOnHost(this.who, permission)) !== null
  }

  /** @internal Called by the access layer alone; an import rule keeps everybody else out of this file. */
  static of<Op extends OperationId>(facts: GrantFacts<Op>): Grant<Op> {
    const { operation, principal, target, requestId, asAdmin, address, detail } = facts
    return new Grant(operation, principal, target, requestId, asAdmin, address, detail)
  }
}

/** @internal */
export interface GrantFacts<Op extends OperationId> {
  operation: Op
  principal: Principal | null
  target: TargetOf<Op>
  requestId: string
  asAdmin: boolean
  address: string
  detail: string | undefined
}

/** The teams that a list, prune or event stream may speak of: the one place where a scope becomes a filter. */
export function scopeOf(grant: {
  readonly target: { readonly kind: 'scope'; readonly teams: readonly TeamRef[] }
}): ReadonlyMap<string, TeamRef> {
  return new Map(grant.target.teams.map((team) => [team.id, team]))
}

/**
 * What a call that removes everything of a kind may speak of: the one team that was named or is all that there is, else the
 * teams in which the caller has a role. An administrator who names no team must not sweep through everybody's.
 */
export function ownScopeOf(grant: {
  readonly principal: Principal
  readonly target: { readonly kind: 'scope'; readonly teams: readonly TeamRef[] }
}): ReadonlyMap<string, TeamRef> {
  const { teams } = grant.target
  const own = teams.length === 1 ? teams : teams.filter(({ id }) => grant.principal.memberships.has(id))
  return new Map(own.map((team) => [team.id, team]))
}
