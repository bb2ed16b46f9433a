import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import { Access } from './access.js'
import { Authenticator } from './authenticator.js'
import { AccessChanges } from './changes.js'
import type { Grant } from './grant.js'
import { operation, type OperationId } from './operations.js'
import { PrincipalReading } from './principal-reading.js'
import { type Principal, sameRights } from './principal.js'
import type { Pointer } from './resolver.js'
import type { Target } from './targets.js'

/** So often it is looked, for what announces nothing: a token that expires, and what another process has changed. */
const LOOK_EVERY_MS = 1_000
/** What else a decision stands on is looked at so often while the rights are the same. */
const DECIDE_EVERY_MS = 30_000
/** Looks within this time share what was read of a credential. */
const ROUND_MS = 500
/** Looks in a row that could not decide: a database that is away for a moment cuts nobody. */
const MOST_UNDECIDED = 3
/** An object that was just removed ends its answer by itself, and that is no loss of rights. */
const GRACE_MS = 500

/** Decides again, while an answer stays open, whenever something changes that the decision was based on. */
@Injectable()
export class OpenRights {
  private readonly reading = new PrincipalReading((principal) => this.authenticator.revalidate(principal))
  private begun = 0

  constructor(
    private readonly access: Access,
    private readonly authenticator: Authenticator,
    private readonly changes: AccessChanges,
  ) {
    // before any watch listens: what was read before a change is not told after it
    changes.listen(() => this.reading.forget())
  }

  /** Calls `cut` once with the reason when the grant would not be given any more. Returns the way to stop watching. */
  watch(grant: Grant<OperationId>, cut: (reason: AppError) => void): () => void {
    // nobody's rights are asked for there
    if (grant.target.kind === 'public') return () => undefined
    const basis: Basis = { principal: grant.principal, at: performance.now(), undecided: 0 }
    let looking: Promise<void> = Promise.resolve()
    let waiting = 0
    let stopped = false
    const stop = (): void => {
      stopped = true
      unlisten()
      clearInterval(timer)
    }
    const look = async (changed: boolean): Promise<void> => {
      waiting--
      if (stopped) return
      const reason = await this.look(grant, basis, changed)
      if (reason?.code === 'NOT_FOUND') await delay(GRACE_MS, undefined, { ref: false })
      if (!reason || stopped) return
      stop()
      cut(reason)
    }
    const schedule = (changed: boolean): void => {
      waiting++
      looking = looking.then(() => look(changed))
    }
    const unlisten = this.changes.listen(() => schedule(true))
    // a database that is slow is not asked once more for each second that it takes
    const timer = setInterval(() => waiting > 0 || schedule(false), LOOK_EVERY_MS).unref()
    return stop
  }

  /** For what waited long before it does anything: without a decision it is not done. @throws AppError why the grant would not be given any more */
  async confirm(grant: Grant<OperationId>): Promise<void> {
    const reason = await this.lost(grant, await this.authenticator.revalidate(grant.principal))
    if (reason) throw reason
  }

  /** Why it must be cut; null while all is as it was, also where that can not be found out at the moment. */
  private async look(grant: Grant<OperationId>, basis: Basis, changed: boolean): Promise<AppError | null> {
    try {
      const principal = await this.reviewed(grant.principal)
      const same = !changed && performance.now() - basis.at < DECIDE_EVERY_MS && sameRights(basis.principal, principal)
      const reason = same ? null : await this.lost(grant, principal)
      basis.undecided = 0
      if (!same) Object.assign(basis, { principal, at: performance.now() })
      return reason
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return error
      // the next look decides, whatever it reads: a change may be what this one was for
      basis.at = -Infinity
      if (error instanceof AppError) return null
      return ++basis.undecided >= MOST_UNDECIDED ? new AppError('DECISION_UNAVAILABLE', {}, { cause: error }) : null
    }
  }

  /** Read once for all that look in a round: a page has many open answers, a script many downloads. */
  private reviewed(principal: Principal): Promise<Principal> {
    if (performance.now() - this.begun >= ROUND_MS) {
      this.reading.forget()
      this.begun = performance.now()
    }
    return this.reading.now(principal)
  }

  /** @throws AppError of the decision */
  private async lost({ operation: id, target, requestId, address }: Grant<OperationId>, principal: Principal): Promise<AppError | null> {
    const grant = await this.access.decide({ operation: id, principal, pointer: pinnedTo(target), requestId, address })
    return narrower(target, grant.target) ? new AppError('PERMISSION_DENIED', { permission: operation(id).permission }) : null
  }
}

/** What the last look has decided by. */
interface Basis {
  principal: Principal
  at: number
  undecided: number
}

/** By what the decision was made on, so that a name which changed hands does not matter. */
function pinnedTo(target: Target): Pointer {
  switch (target.kind) {
    case 'container':
    case 'network':
      return { ref: target.engineId, ...(target.team && { team: target.team.name }) }
    case 'volume':
      return { ref: target.name, ...(target.team && { team: target.team.name }) }
    case 'image':
      return { ref: target.contentId, ...(!target.library && { team: target.team.name }) }
    case 'team':
      return { team: target.team.name }
    case 'teamEntity':
      return { ref: target.team.name }
    case 'scope':
      return target.teams.length === 1 ? { team: target.teams[0]!.name } : {}
    case 'job':
    case 'terminal':
    case 'webhook':
    case 'user':
      return { ref: target.id }
    default:
      return {}
  }
}

/** What was opened over a scope goes on with its teams; when one is lost it must be opened anew. */
function narrower(before: Target, now: Target): boolean {
  if (before.kind !== 'scope' || now.kind !== 'scope') return false
  const teams = new Set(now.teams.map(({ id }) => id))
  return before.teams.some(({ id }) => !teams.has(id))
}
