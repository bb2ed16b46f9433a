import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { AppError, isCertain } from '../common/errors.js'
import type { ContainerWants, QuotaResource, QuotaUse } from '../common/quota.js'
import { Inventory } from '../engine/index.js'
import { ImageReferenceStore } from '../store/image-references.store.js'
import { assertRoom } from '../store/quota-room.js'
import { QuotaStore } from '../store/quota.store.js'
import type { OwnedTarget } from './targets.js'

/** Longest time that a start may take before the engine's word counts again. */
const STARTING_MS = 60_000
/** Distance of the looks at all containers: what an event did not tell is known this long after. */
const LOOK_EVERY_MS = 10_000

/** What one has of which nothing is written down. */
const NOTHING: ContainerWants = { memory: 0, cpus: 0, pids: 0, ports: 0 }

/** States in which a container has processes. */
const RUNNING: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])

/** What is live in this process, of each team. */
type Live = Extract<QuotaResource, 'streams' | 'execs'>

/**
 * What teams may use at most, taken before the engine is asked. Objects and jobs are counted where their rows are written;
 * here are the parts that need more than a row: what a container wants, whether it runs, images, and what is live.
 */
@Injectable()
export class Quota implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('quota')
  private readonly live = new Map<string, number>()
  private timer: NodeJS.Timeout | undefined
  private unlisten: (() => void) | undefined
  private observing: Promise<void> = Promise.resolve()

  constructor(
    private readonly store: QuotaStore,
    private readonly references: ImageReferenceStore,
    private readonly inventory: Inventory,
  ) {}

  onApplicationBootstrap(): void {
    this.unlisten = this.inventory.changes.on(({ kind, action, entry }) => {
      if (kind === 'container' && action !== 'removed' && 'state' in entry) this.observe([entry])
    })
    this.timer = setInterval(() => {
      if (!this.inventory.stale) this.observe(this.inventory.containers.all())
    }, LOOK_EVERY_MS).unref()
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    this.unlisten?.()
    await this.observing
  }

  /** Takes what the container wants, in place of what it had before. @throws AppError QUOTA_EXCEEDED */
  async container(uid: string, teamId: string, wants: ContainerWants): Promise<void> {
    await this.store.reserve({ uid, teamId }, wants)
  }

  /**
   * Takes more or less of some resources for the work. The larger of before and after is taken first and what came of it is kept: room is given
   * away only when the engine has given it up. Where its answer is uncertain the larger stays taken until the next change.
   * @throws AppError QUOTA_EXCEEDED, and the work's
   */
  async resized<T>(target: OwnedTarget<'container'>, wants: Partial<ContainerWants>, work: () => Promise<T>): Promise<T> {
    const { uid, team } = target
    if (!team || uid === null) return work()
    return this.store.oneResize(uid, async () => {
      const before = (await this.store.reserved(uid)) ?? NOTHING
      const after = { ...before, ...wants }
      await this.container(uid, team.id, larger(before, after))
      try {
        const done = await work()
        await this.store.settle(uid, after)
        return done
      } catch (error) {
        if (isCertain(error)) await this.store.settle(uid, before)
        throw error
      }
    })
  }

  /** Starts a container under the limit of those that run. @throws AppError QUOTA_EXCEEDED, and the work's */
  async started<T>({ uid, team, engineId }: OwnedTarget<'container'>, work: () => Promise<T>): Promise<T> {
    if (!team || uid === null) return work()
    await this.store.starting({ uid, teamId: team.id }, nowIso(STARTING_MS))
    try {
      return await work()
    } finally {
      // What came of it, from the engine itself: it may have ended already, and after an error it may run all the same.
      const state = await this.inventory.refresh('container', engineId).then(
        (entry) => entry?.state ?? 'gone',
        () => null,
      )
      if (state !== null) await this.store.started(uid, RUNNING.has(state))
    }
  }

  /** Before a team gets a reference to one more image. @throws AppError QUOTA_EXCEEDED */
  async image(teamId: string, contentId: string): Promise<void> {
    const { imageBytes: limit } = await this.store.limits(teamId)
    if (limit === undefined) return
    const contents = await this.contents(teamId)
    if (contents.has(contentId)) return
    // Just pulled or built, the inventory may not have met it.
    const more = (await this.inventory.refresh('image', contentId))?.size ?? 0
    assertRoom('imageBytes', { used: this.bytes(contents), more, limit })
  }

  /**
   * One more stream or exec for each of the teams, until the function that it answers is called. The limit holds for each
   * gateway process by itself. @throws AppError QUOTA_EXCEEDED
   */
  async open(resource: Live, teamIds: readonly string[]): Promise<() => void> {
    const taken: string[] = []
    const free = (): void => {
      for (const key of taken.splice(0)) this.count(key, -1)
    }
    try {
      for (const teamId of new Set(teamIds)) {
        const limit = (await this.store.limits(teamId))[resource]
        const key = `${resource} ${teamId}`
        if (limit !== undefined) assertRoom(resource, { used: this.live.get(key) ?? 0, more: 1, limit })
        this.count(key, 1)
        taken.push(key)
      }
    } catch (error) {
      free()
      throw error
    }
    return free
  }

  /** Everything that a team uses now. */
  async use(teamId: string): Promise<QuotaUse> {
    const [stored, contents] = await Promise.all([this.store.use(teamId), this.contents(teamId)])
    const live = (resource: Live) => this.live.get(`${resource} ${teamId}`) ?? 0
    return { ...stored, imageBytes: this.bytes(contents), execs: live('execs'), streams: live('streams') }
  }

  private count(key: string, by: number): void {
    const now = (this.live.get(key) ?? 0) + by
    if (now > 0) this.live.set(key, now)
    else this.live.delete(key)
  }

  private async contents(teamId: string): Promise<ReadonlySet<string>> {
    return new Set((await this.references.inTeams({ teamIds: [teamId] })).map(({ content_id: id }) => id))
  }

  /** Layers that images share count once for each: what a team would have to load again. */
  private bytes(contents: ReadonlySet<string>): number {
    let sum = 0
    for (const id of contents) sum += this.inventory.images.get(id)?.size ?? 0
    return sum
  }

  /** One after the other, so that an older look does not overwrite a newer one. */
  private observe(entries: readonly { readonly id: string; readonly state: string }[]): void {
    this.observing = this.observing
      .then(async () => {
        const ids = (running: boolean) => entries.filter(({ state }) => RUNNING.has(state) === running).map(({ id }) => id)
        await this.store.observe(ids(true), true)
        await this.store.observe(ids(false), false)
      })
      .catch((error: unknown) => {
        if (!(error instanceof AppError)) this.logger.warn({ err: error }, 'what runs could not be counted; the next look does it')
      })
  }
}

function larger(one: ContainerWants, other: ContainerWants): ContainerWants {
  return {
    memory: Math.max(one.memory, other.memory),
    cpus: Math.max(one.cpus, other.cpus),
    pids: Math.max(one.pids, other.pids),
    ports: Math.max(one.ports, other.ports),
  }
}
