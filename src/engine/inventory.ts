import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import { Emitter } from './emitter.js'
import { containerEntry } from './entries.js'
import { effectOf } from './event-effect.js'
import type { EntryOf, InventoryChange, InventoryKind, InventoryView } from './inventory-types.js'
import { InventorySource, type EngineParts } from './inventory-source.js'
import type { EngineSettings } from './options.js'
import { Sequence, Shelf } from './shelf.js'
import type { ContainerInspect, EngineEvent } from './types.js'
import { WorkQueue } from './work-queue.js'

type Shelves = { readonly [K in InventoryKind]: Shelf<EntryOf[K]> }

/** Inspects at once: enough to keep the engine busy, few enough to leave it room for callers. */
const AT_ONCE = 8
const RETRY_MS = 250
/** After something that is not understood: it would only come again. */
const LONG_RETRY_MS = 2_000

/**
 * What is on the engine, in memory: subscribes to the events, lists, then follows. After any gap it subscribes and lists again;
 * a periodic list repairs what changed without an event. Readers cost the engine nothing, however many they are.
 */
export class Inventory {
  /** Hears every change, in order. */
  readonly changes: Emitter<InventoryChange>
  /** Hears every event of the engine, and each new subscription to them: what happened before that may not have been heard. */
  readonly heard: Emitter<EngineEvent | 'subscribed'>
  private readonly shelves: Shelves
  private readonly sequence = new Sequence()
  private readonly queue: WorkQueue
  private readonly source: InventorySource
  private readonly ending = new AbortController()
  private readonly first = Promise.withResolvers<void>()
  private running: Promise<void> | undefined
  private synced = false
  private changed = 0
  private catching: Promise<void> = Promise.resolve()
  /** A round that has not begun: whoever asks now may share it. */
  private waiting: Promise<void> | undefined

  constructor(
    private readonly engine: EngineParts,
    private readonly settings: EngineSettings,
  ) {
    const failed = (error: unknown): void => this.warn(error, 'the inventory could not look at an object')
    this.changes = new Emitter((error) => this.warn(error, 'a listener of the inventory failed'))
    this.heard = new Emitter((error) => this.warn(error, 'a listener of the engine failed'))
    const tell = (change: Omit<InventoryChange, 'revision'>): void => this.changes.emit({ ...change, revision: ++this.changed })
    this.shelves = { container: new Shelf(tell), image: new Shelf(tell), network: new Shelf(tell), volume: new Shelf(tell) }
    this.queue = new WorkQueue(AT_ONCE, failed)
    this.source = new InventorySource(engine, this.shelves, { sequence: this.sequence, look: (kind, id) => this.look(kind, id) })
  }

  get containers(): InventoryView<EntryOf['container']> {
    return this.shelves.container
  }

  get images(): InventoryView<EntryOf['image']> {
    return this.shelves.image
  }

  get networks(): InventoryView<EntryOf['network']> {
    return this.shelves.network
  }

  /** By engine name. */
  get volumes(): InventoryView<EntryOf['volume']> {
    return this.shelves.volume
  }

  /** Rises with every change, in this process. */
  get revision(): number {
    return this.changed
  }

  /** True before the first list, after a gap until the next one, and while the engine is down: reads answer the last state. */
  get stale(): boolean {
    return !this.synced || !this.engine.state.up
  }

  /** Resolves when the first list is in; never rejects. Details follow within moments, see `settled`. */
  ready(): Promise<void> {
    return this.first.promise
  }

  /** Resolves when every change heard so far has been looked at: for tests and figures. */
  settled(): Promise<void> {
    return this.queue.whenIdle()
  }

  /** Asks the engine for one object (full id, volume name, `sha256:` id) and puts it, so that a write is visible before it is answered. Undefined: there is none. */
  async refresh<K extends InventoryKind>(kind: K, id: string): Promise<EntryOf[K] | undefined> {
    const seq = this.sequence.next()
    const shelf: Shelf<EntryOf[K]> = this.shelves[kind]
    try {
      this.source.put(await this.source.inspect(kind, id), seq)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
      shelf.remove(id, seq)
    }
    return shelf.get(id)
  }

  /** The whole of a container, whose entry is put on the way: one question for both. @throws AppError NOT_FOUND */
  async inspect(id: string): Promise<{ inspected: ContainerInspect; entry: EntryOf['container'] }> {
    const seq = this.sequence.next()
    try {
      const inspected = await this.engine.containers.inspect(id)
      const entry = containerEntry(inspected)
      this.source.put(entry, seq)
      // What is newer counts, as for a refresh.
      return { inspected, entry: this.shelves.container.get(id) ?? entry }
    } catch (error) {
      if (error instanceof AppError && error.code === 'NOT_FOUND') this.shelves.container.remove(id, seq)
      throw error
    }
  }

  /**
   * Asks the engine for everything now, and looks at what differs: after it, nothing is missing that was done before it was
   * called, by whomever. For what another process has written; callers share one round. @throws AppError of the engine
   */
  catchUp(): Promise<void> {
    if (this.waiting) return this.waiting
    // One that is under way may have asked before what is to be seen.
    this.waiting = this.catching.catch(() => undefined).then(() => this.listNow())
    this.catching = this.waiting
    return this.waiting
  }

  private async listNow(): Promise<void> {
    this.waiting = undefined
    const ids: string[] = []
    await this.source.listAll({ lookAtAll: false, look: (id) => ids.push(id) })
    const work = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) await this.refresh('container', id)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  /** Begins to follow the engine; safe to call again. */
  start(): void {
    this.running ??= this.run()
  }

  /** Ends the subscription. */
  async stop(): Promise<void> {
    this.ending.abort()
    this.queue.clear()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.ending
    while (!signal.aborted) {
      let wait = RETRY_MS
      try {
        await this.follow()
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'ENGINE_UNAVAILABLE') wait = LONG_RETRY_MS
        // while the engine is down the connection has said so already
        if (!signal.aborted && this.engine.state.up) this.warn(error, 'the inventory lost the engine')
      }
      this.synced = false
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  /** One subscription, until it ends. */
  private async follow(): Promise<void> {
    const ended = new AbortController()
    const signal = AbortSignal.any([this.ending.signal, ended.signal])
    const events = await this.engine.system.events({ signal })
    this.heard.emit('subscribed')
    const timer = setInterval(() => this.check(), this.settings.relistEveryMs).unref()
    try {
      // the events are read while the lists are made, or those of the meantime would be lost
      const reading = this.read(events)
      const listing = this.list()
      // whichever fails first ends both; a subscription that ends is a gap
      await Promise.race([reading, listing.then(() => reading)])
      throw new AppError('ENGINE_UNAVAILABLE', {}, { cause: 'the event stream ended' })
    } finally {
      clearInterval(timer)
      ended.abort()
    }
  }

  private async list(): Promise<void> {
    await this.source.listAll({ lookAtAll: true })
    this.synced = true
    this.first.resolve()
  }

  private async read(events: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const event of events) {
      this.apply(event)
      this.heard.emit(event)
    }
  }

  private apply(event: EngineEvent): void {
    const effect = effectOf(event)
    if (effect === undefined) return
    if (effect.do === 'look') this.look(effect.kind, effect.id)
    else if (effect.do === 'forget') this.shelves[effect.kind].remove(effect.id, this.sequence.next())
    else this.queue.add('images', () => this.source.listImages())
  }

  private look(kind: InventoryKind, id: string): void {
    this.queue.add(`${kind} ${id}`, () => this.refresh(kind, id))
  }

  private check(): void {
    if (!this.stale) this.queue.add('check', () => this.source.listAll({ lookAtAll: false }))
  }

  private warn(error: unknown, text: string): void {
    if (error instanceof AppError && error.code === 'ENGINE_UNAVAILABLE' && !this.engine.state.up) return
    this.settings.log.warn({ err: error }, text)
  }
}
