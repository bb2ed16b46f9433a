import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { TeamRef } from '../../access/index.js'
import { Inventory } from '../../engine/index.js'
import type { Listed } from '../container-filter.js'
import type { ContainerSummary } from '../dto/container.response.js'
import { LiveContainers } from './watch-list.js'
import { OwnedRows } from './watch-owned.js'

export type WatchFrame =
  | { readonly type: 'container'; readonly container: ContainerSummary }
  | { readonly type: 'removed'; readonly id: string; readonly name: string; readonly team: string }
  | { readonly type: 'state'; readonly state: 'following' | 'engine_unavailable' }

/** Changes within it go out together: a start alone makes half a dozen. */
const GATHER_MS = 30
/** So often it is looked anyway: for the state of the engine, and for rows that another process wrote. */
const LOOK_EVERY_MS = 500

interface Watched {
  readonly team: TeamRef
  listed: readonly Listed[]
  views: ReadonlyMap<string, ContainerSummary>
}

/** The list of containers as a sequence of changes. Most views are the same object as before, so comparing them is cheap. */
@Injectable()
export class WatchFeed {
  constructor(
    private readonly live: LiveContainers,
    private readonly owned: OwnedRows,
    private readonly inventory: Inventory,
  ) {}

  /** What there is, `following`, then what changes, until the signal. A reader that falls behind gets the last state of each. */
  async *follow(teams: readonly TeamRef[], signal: AbortSignal): AsyncGenerator<{ frames: WatchFrame[] }, void> {
    const watched: Watched[] = teams.map((team) => ({ team, listed: [], views: new Map() }))
    const bell = new Bell()
    const unlisten = [this.inventory.changes.on(({ kind }) => kind !== 'image' && bell.ring()), this.owned.onWrite(() => bell.ring())]
    let told: boolean | undefined
    try {
      while (!signal.aborted) {
        // Before the look: what changes during it rings for the next one.
        bell.reset()
        const { stale } = this.inventory
        const changes = (await Promise.all(watched.map((each) => this.changes(each)))).flat()
        // Those that are gone first: one that another team got is there again right after.
        const frames = changes.toSorted((a, b) => Number(b.type === 'removed') - Number(a.type === 'removed'))
        if (told !== stale) frames.push({ type: 'state', state: stale ? 'engine_unavailable' : 'following' })
        told = stale
        if (frames.length > 0) yield { frames }
        await bell.wait(LOOK_EVERY_MS, signal)
        await delay(GATHER_MS, undefined, { signal }).catch(() => undefined)
      }
    } finally {
      for (const stop of unlisten) stop()
    }
  }

  private async changes(watched: Watched): Promise<WatchFrame[]> {
    const { team, listed: before, views } = watched
    const listed = await this.live.of(team)
    if (listed === before) return []
    const now = new Map(listed.map(({ view }) => [view.id, view]))
    watched.listed = listed
    watched.views = now
    const changed = listed
      // a new look at a container, or at the names it uses, may have found nothing new
      .filter(({ view }) => views.get(view.id) !== view && !isDeepStrictEqual(views.get(view.id), view))
      .map(({ view }): WatchFrame => ({ type: 'container', container: view }))
    const gone = [...views.values()].filter(({ id }) => !now.has(id))
    return [...gone.map(({ id, name }): WatchFrame => ({ type: 'removed', id, name, team: team.name })), ...changed]
  }
}

/** Wakes whoever waits, or whoever waits next. */
class Bell {
  private rung = Promise.withResolvers<void>()

  ring(): void {
    this.rung.resolve()
  }

  reset(): void {
    this.rung = Promise.withResolvers<void>()
  }

  async wait(limit: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal])
    const late = delay(limit, undefined, { signal: either, ref: false }).catch(() => undefined)
    await Promise.race([this.rung.promise, late])
    ended.abort()
  }
}
