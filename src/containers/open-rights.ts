import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { Access, AccessChanges, Authenticator, type Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'

type Following = Grant<'ContainerLogs' | 'ContainerExec' | 'ContainerAttach'>

/** A token that expires announces nothing: so often it is looked at anyway. */
const LOOK_EVERY_MS = 30_000
/** A container that was just removed ends its log by itself, and that is no loss of rights. */
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
  watch(grant: Following, cut: (reason: AppError) => void, everyMs = LOOK_EVERY_MS): () => void {
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

  /** Null while all is as it was, also where that can not be found out at the moment. */
  private async lost({ operation, principal, target, requestId, address }: Following): Promise<AppError | null> {
    try {
      const now = await this.authenticator.revalidate(principal)
      const pointer = { ref: target.engineId, ...(target.team && { team: target.team.name }) }
      await this.access.decide({ operation, principal: now, pointer, requestId, address })
      return null
    } catch (error) {
      // What is not understood must not keep an answer open.
      if (!(error instanceof AppError)) return new AppError('INTERNAL', {}, { cause: error })
      return error.status < 500 ? error : null
    }
  }
}
