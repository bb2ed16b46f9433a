import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import { Access } from './access.js'
import { Authenticator } from './authenticator.js'
import { AccessChanges } from './changes.js'
import type { Grant } from './grant.js'
import { operation, type OperationId } from './operations.js'
import type { Pointer } from './resolver.js'
import type { Target } from './targets.js'

/** A token that expires announces nothing: so often it is looked at anyway. */
const LOOK_EVERY_MS = 30_000
/** An object that was just removed ends its answer by itself, and that is no loss of rights. */
const GRACE_MS = 500

/** Decides again, while an answer stays open, whenever something changes that the decision was based on. */
@Injectable()
export class OpenRights {
  constructor(
    private readonly access: Access,
    private readonly authenticator: Authenticator,
    private readonly changes: AccessChanges,
  ) {}

  /** Calls `cut` once with the reason when the grant would not be given any more. Returns the way to stop watching. */
  watch(grant: Grant<OperationId>, cut: (reason: AppError) => void, everyMs = LOOK_EVERY_MS): () => void {
    // nobody's rights are asked for there
    if (grant.target.kind === 'public') return () => undefined
    let looking: Promise<void> = Promise.resolve()
    let stopped = false
    const stop = (): void => {
      stopped = true
      unlisten()
      clearInterval(timer)
    }
    const look = async (): Promise<void> => {
      if (stopped) return
      const reason = await this.lost(grant)
      if (reason?.code === 'NOT_FOUND') await delay(GRACE_MS, undefined, { ref: false })
      if (!reason || stopped) return
      stop()
      cut(reason)
    }
    const schedule = (): void => void (looking = looking.then(look))
    const unlisten = this.changes.listen(schedule)
    const timer = setInterval(schedule, everyMs).unref()
    return stop
  }

  /** For what waited long before it does anything. @throws AppError why the grant would not be given any more */
  async confirm(grant: Grant<OperationId>): Promise<void> {
    const reason = await this.lost(grant)
    if (reason) throw reason
  }

  /** Null while all is as it was, also where that can not be found out at the moment. */
  private async lost({ operation: id, principal, target, requestId, address }: Grant<OperationId>): Promise<AppError | null> {
    try {
      const now = await this.authenticator.revalidate(principal)
      const grant = await this.access.decide({ operation: id, principal: now, pointer: pinnedTo(target), requestId, address })
      return narrower(target, grant.target) ? new AppError('PERMISSION_DENIED', { permission: operation(id).permission }) : null
    } catch (error) {
      // What is not understood must not keep an answer open.
      if (!(error instanceof AppError)) return new AppError('INTERNAL', {}, { cause: error })
      return error.status < 500 ? error : null
    }
  }
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
