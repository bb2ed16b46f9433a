import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { nowIso } from '../common/clock.js'
import { Config } from '../config/config.js'
import { EventStore, type Heard, type NewEvent } from '../store/events.store.js'
import type { EventRow } from '../store/schema.js'

/** Rows of one read. */
const PAGE = 500
/** The newest rows are kept in memory, so that an event costs one read however many follow. */
const KEPT = 2_000
/** How soon what another process wrote is seen by those who follow here. */
const LOOK_EVERY_MS = 500
const DAY_MS = 86_400_000

/** Rows in order, and whether the reader missed some that were removed before it came to them. */
export interface Batch {
  readonly rows: readonly EventRow[]
  readonly missed: boolean
}

/** The ring of events: who writes appends, who follows waits here for what is next. */
@Injectable()
export class EventLog implements OnApplicationShutdown {
  /** All rows after `base`, as far as this process has read. */
  private kept: EventRow[] = []
  private base: number | undefined
  private reading: Promise<void> = Promise.resolve()
  private news = Promise.withResolvers<void>()
  private readonly ending = new AbortController()
  private looking: Promise<void> | undefined
  private followers = 0

  constructor(
    private readonly store: EventStore,
    private readonly config: Config,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.ending.abort()
    await this.looking
  }

  /** Durable when it resolves; what is there already is left out. */
  async append(events: readonly NewEvent[], heard?: Heard): Promise<void> {
    await this.store.append(events, heard)
    await this.catchUp()
  }

  /** Removes what is over the bounds of BERTH_EVENTS_KEEP and BERTH_EVENTS_DAYS. */
  trim(): Promise<void> {
    return this.store.trim(this.config.BERTH_EVENTS_KEEP, nowIso(-this.config.BERTH_EVENTS_DAYS * DAY_MS))
  }

  /** The newest number of all, whoever wrote it. */
  async end(): Promise<number> {
    await this.catchUp()
    return this.kept.at(-1)?.seq ?? this.base ?? 0
  }

  /** What follows a number now, whoever wrote it; empty where there is nothing yet. */
  async read(after: number): Promise<Batch> {
    if (!this.store.exclusive) await this.catchUp()
    return this.known(after)
  }

  /** What follows a number, and then what comes: until the signal, or until all that was there at `until` is read. */
  async *follow(after: number, { signal, until }: { signal: AbortSignal; until?: AbortSignal | undefined }): AsyncGenerator<Batch> {
    const ended = AbortSignal.any([signal, this.ending.signal])
    const woken = until ? AbortSignal.any([ended, until]) : ended
    await this.catchUp()
    this.followers++
    this.look()
    try {
      for (let at = after; !ended.aborted;) {
        const { promise } = this.news
        const batch = await this.known(at)
        const last = batch.rows.at(-1)
        if (last === undefined && until?.aborted) return
        if (last === undefined) await either(promise, woken)
        else {
          at = last.seq
          yield batch
        }
      }
    } finally {
      this.followers--
    }
  }

  /** What follows a number, as far as this process has read. */
  private async known(after: number): Promise<Batch> {
    if (this.base !== undefined && after >= this.base)
      return { rows: this.kept.filter(({ seq }) => seq > after).slice(0, PAGE), missed: false }
    const rows = await this.store.after(after, PAGE)
    // asked after the rows: what was removed meanwhile is missed, too
    return { rows, missed: after < (await this.store.trimmed()) }
  }

  /** Reads what was written since, by whichever process. */
  private catchUp(): Promise<void> {
    this.reading = this.reading.catch(() => undefined).then(() => this.readOn())
    return this.reading
  }

  private async readOn(): Promise<void> {
    this.base ??= await this.store.last()
    for (;;) {
      const rows = await this.store.after(this.kept.at(-1)?.seq ?? this.base, PAGE)
      if (rows.length === 0) return
      this.kept.push(...rows)
      const surplus = this.kept.splice(0, Math.max(0, this.kept.length - KEPT))
      this.base = surplus.at(-1)?.seq ?? this.base
      this.news.resolve()
      this.news = Promise.withResolvers()
    }
  }

  /** Where others write, somebody has to look, as long as anybody follows. */
  private look(): void {
    if (this.store.exclusive) return
    this.looking ??= this.poll().finally(() => (this.looking = undefined))
  }

  private async poll(): Promise<void> {
    const { signal } = this.ending
    while (this.followers > 0 && !signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      // a database that does not answer now is asked again
      if (!signal.aborted) await this.catchUp().catch(() => undefined)
    }
  }
}

async function either(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: one, resolve } = Promise.withResolvers<void>()
  const done = (): void => resolve()
  signal.addEventListener('abort', done, { once: true })
  void promise.then(done)
  if (!signal.aborted) await one
  signal.removeEventListener('abort', done)
}
