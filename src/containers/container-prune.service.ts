import { Injectable } from '@nestjs/common'
import { type Grant, ownScopeOf, type TeamRef } from '../access/index.js'
import { hasLabel } from '../admission/index.js'
import { AppError } from '../common/errors.js'
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

/** Removes what does not run. */
@Injectable()
export class ContainerPrune {
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

  /** Bytes; null for one that was started or removed meanwhile. */
  private async drop({ entry }: Listed): Promise<number | null> {
    try {
      const { writable } = await this.engine.containers.sizes(entry.id)
      await this.removal.remove({ engineId: entry.id, uid: null })
      return writable
    } catch (error) {
      if (error instanceof AppError && ['NOT_FOUND', 'CONTAINER_RUNNING', 'CONTAINER_PAUSED', 'CONFLICT'].includes(error.code)) return null
      throw error
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
