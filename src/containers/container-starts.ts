import { Injectable } from '@nestjs/common'
import { LABEL_UID, type OwnedTarget, Quota } from '../access/index.js'
import { isAsRegistered } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import { Engine } from '../engine/index.js'

type Target = OwnedTarget<'container'>

const MOVED = 'a folder of the host that it mounts is not there any more as an administrator opened it'

/**
 * Starts containers, within the team's quota. The engine mounts at the start and follows links (what CVE-2018-15664 was about),
 * so each folder of the host must then still be the one that was admitted, however long ago that was. No team can put a link
 * above a folder that is open to it; it is looked at before and after all the same, and what was led elsewhere is ended.
 */
@Injectable()
export class ContainerStarts {
  constructor(
    private readonly engine: Engine,
    private readonly quota: Quota,
  ) {}

  /** Running already is no error. @throws AppError CONFLICT of a folder, START_FAILED, PORT_IN_USE, QUOTA_EXCEEDED */
  start(target: Target): Promise<void> {
    return this.guarded(target, () => this.engine.containers.start(target.engineId))
  }

  /** @throws AppError as `start` */
  restart(target: Target, options: { timeout?: number }): Promise<void> {
    return this.guarded(target, () => this.engine.containers.restart(target.engineId, options))
  }

  private async guarded(target: Target, work: () => Promise<unknown>): Promise<void> {
    const folders = this.folders(target)
    if (await haveMoved(folders)) throw new AppError('CONFLICT', { reason: MOVED })
    await this.quota.started(target, async () => {
      await work()
      if (!(await haveMoved(folders))) return
      await this.engine.containers.kill(target.engineId).catch(() => undefined)
      throw new AppError('CONFLICT', { reason: MOVED })
    })
  }

  /** Of what an administrator gave to the team as it was, any path may be mounted, a file or a link too. */
  private folders({ engineId, uid }: Target): string[] {
    const entry = this.engine.inventory.containers.get(engineId)
    if (!entry || entry.labels[LABEL_UID] !== uid) return []
    return entry.mounts.filter(({ type }) => type === 'bind').map(({ source }) => source)
  }
}

async function haveMoved(folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) if (!(await isAsRegistered(folder))) return true
  return false
}
