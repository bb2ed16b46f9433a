import { Injectable, Logger } from '@nestjs/common'
import { type Grant, ownScopeOf, type TeamRef } from '../access/index.js'
import { hasLabel } from '../admission/index.js'
import { AppError, type ErrorCode } from '../common/errors.js'
import { Engine } from '../engine/index.js'
import type { Listed } from './container-filter.js'
import { ContainerRemoval } from './container-removal.js'
import type { PruneContainersBody } from './dto/bulk.body.js'
import type { ContainersPruned, PrunedContainer } from './dto/bulk.response.js'
import type { ContainerStatus } from './dto/container.response.js'
import { assertFresh } from './creation/freshness.js'
import { LiveContainers } from './watch/watch-list.js'

/** As the engine's own prune has it. */
const ENDED: ReadonlySet<ContainerStatus> = new Set(['created', 'exited', 'dead'])

/** After these a prune goes on with the others. */
const STAYS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['NOT_FOUND', 'CONTAINER_RUNNING', 'CONTAINER_PAUSED', 'CONFLICT', 'ENGINE_ERROR'])

/** Removes what does not run. */
@Injectable()
export class ContainerPrune {
  private readonly logger = new Logger('containers')

  constructor(
    private readonly engine: Engine,
    private readonly live: LiveContainers,
    private readonly removal: ContainerRemoval,
  ) {}

  /** Named and anonymous volumes stay. */
  async prune(grant: Grant<'ContainerPrune'>, body: PruneContainersBody, ending: AbortSignal): Promise<ContainersPruned> {
    await assertFresh(this.engine)
    const items: PrunedContainer[] = []
    let spaceReclaimed = 0
    for (const team of ownScopeOf(grant).values()) {
      for (const listed of (await this.live.of(team)).filter((each) => isUnwanted(each, body))) {
        ending.throwIfAborted()
        const freed = await this.drop(listed)
        if (freed === null) continue
        spaceReclaimed += freed
        items.push(itemOf(listed, team))
      }
    }
    return { items, spaceReclaimed }
  }

  /** Bytes; null for one that was started or removed meanwhile, or that the engine fails to remove: the others go all the same. */
  private async drop({ entry }: Listed): Promise<number | null> {
    try {
      const { writable } = await this.engine.containers.sizes(entry.id)
      await this.removal.remove({ engineId: entry.id, uid: null })
      return writable
    } catch (error) {
      if (!(error instanceof AppError) || !STAYS.has(error.code)) throw error
      if (error.code === 'ENGINE_ERROR') this.logger.warn({ err: error, container: entry.id }, 'a container could not be pruned')
      return null
    }
  }
}

function isUnwanted({ view, entry }: Listed, { until, label }: PruneContainersBody): boolean {
  if (!ENDED.has(view.state.status)) return false
  if (until !== undefined && entry.created >= Date.parse(until)) return false
  return (label ?? []).every((wanted) => hasLabel(view.labels, wanted))
}

function itemOf({ view }: Listed, team: TeamRef): PrunedContainer {
  return { id: view.id, name: view.name, team: team.name }
}
