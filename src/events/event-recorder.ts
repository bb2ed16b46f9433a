import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import { Engine, type EngineEvent } from '../engine/index.js'
import { EventStore, type Heard, type NewEvent } from '../store/events.store.js'
import { LeaseStore } from '../store/leases.store.js'
import { readEvent, type ReadEvent } from './engine-event.js'
import { EventLog } from './event-log.js'
import { EventNaming, newEvent } from './event-naming.js'
import { isoOfNano } from './event-time.js'
import { HealthProbes } from './health-probes.js'

const LEASE = 'events'
const LEASE_MS = 15_000
const TURN_MS = 5_000
/** Turns from trim to trim. */
const TRIM_EVERY = 12
const GATHER_MS = 20
/** Events that are written under one commit. */
const BATCH = 200
/** Waiting for the database; beyond it the engine itself is asked again what happened. */
const MOST_WAITING = 20_000
/** The engine tells its time in less detail than its events'. */
const SLACK_NS = 1_000_000n

/**
 * Writes the engine's events into the ring: one process of all, which holds the lease. Whenever it begins, or the subscription
 * was cut, it asks the engine for what happened since the last event that was heard. The engine remembers 256 events until it
 * restarts (measured on 20.10): if the last one heard is not among them, what is between is told as a gap.
 */
@Injectable()
export class EventRecorder implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('events')
  private readonly probes: HealthProbes
  private waiting: EngineEvent[] = []
  /** What is waiting begins in the middle: the engine has to be asked what came before. */
  private cut = true
  private holding = false
  private stopping = false
  private turns = 0
  private timer: NodeJS.Timeout | undefined
  private unlisten: (() => void) | undefined
  private working: Promise<void> = Promise.resolve()
  private scheduled = false
  private heard: Heard | null = null
  private unsaved = false
  private renewAt = 0

  constructor(
    private readonly engine: Engine,
    private readonly store: EventStore,
    private readonly leases: LeaseStore,
    private readonly log: EventLog,
    private readonly naming: EventNaming,
  ) {
    this.probes = new HealthProbes(engine)
  }

  onApplicationBootstrap(): void {
    this.unlisten = this.engine.inventory.heard.on((heard) => this.hear(heard))
    this.timer = setInterval(() => this.schedule(), TURN_MS).unref()
    this.schedule()
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true
    this.unlisten?.()
    clearInterval(this.timer)
    await this.working
    if (this.unsaved && this.heard) await this.store.append([], this.heard).catch(() => undefined)
    if (this.holding) await this.leases.leave(LEASE).catch(() => undefined)
  }

  /** Resolves when all that was heard so far is written: for tests. */
  async settled(): Promise<void> {
    this.schedule()
    await this.working
  }

  private hear(heard: EngineEvent | 'subscribed'): void {
    if (heard === 'subscribed') this.lose()
    else if (this.waiting.length >= MOST_WAITING) this.lose()
    else if (this.holding) this.waiting.push(heard)
    this.schedule()
  }

  private lose(): void {
    this.cut = true
    this.waiting = []
  }

  private schedule(): void {
    if (this.scheduled || this.stopping) return
    this.scheduled = true
    // what happens together is written together: each commit is a write to the disk
    this.working = this.working.then(() => delay(GATHER_MS)).then(() => this.turn())
  }

  /** Never rejects: what could not be written is asked for again. */
  private async turn(): Promise<void> {
    this.scheduled = false
    try {
      if (!(await this.hold())) return
      if (this.cut) await this.catchUp()
      while (this.waiting.length > 0) await this.write(this.waiting.splice(0, BATCH))
      if (++this.turns % TRIM_EVERY === 0) await this.tidy()
    } catch (error) {
      this.lose()
      const expected = error instanceof AppError && ['ENGINE_UNAVAILABLE', 'STOPPING'].includes(error.code)
      if (!expected && !this.stopping) this.logger.warn({ err: error }, 'events could not be recorded; they are asked for again')
    }
  }

  private async hold(): Promise<boolean> {
    if (this.holding && performance.now() < this.renewAt) return true
    const held = this.holding
    this.renewAt = performance.now() + TURN_MS
    this.holding = await this.leases.take(LEASE, LEASE_MS)
    // what this process heard before it wrote is another's, or nobody's
    if (!held) this.lose()
    return this.holding
  }

  private async tidy(): Promise<void> {
    await this.log.trim()
    if (this.unsaved && this.heard) await this.store.append([], this.heard)
    this.unsaved = false
  }

  /** What happened since the last event that was heard, as far as the engine remembers it. */
  private async catchUp(): Promise<void> {
    this.cut = false
    const last = this.heard ?? (await this.store.heard())
    if (last === null) return
    // the engine's clock, since `until` is compared with it
    const { SystemTime } = await this.engine.system.info()
    const until = BigInt(Date.parse(SystemTime ?? new Date().toISOString())) * 1_000_000n + SLACK_NS
    const since = BigInt(last.nano) - SLACK_NS
    const missed: EngineEvent[] = []
    for await (const event of await this.engine.system.events({ since, until })) missed.push(event)
    const at = missed.findIndex((event) => readEvent(event).key === last.key)
    if (at < 0) await this.tellGap(last, missed[0])
    for (let from = at + 1; from < missed.length; from += BATCH) await this.write(missed.slice(from, from + BATCH))
  }

  private async tellGap({ nano }: Heard, next: EngineEvent | undefined): Promise<void> {
    const from = isoOfNano(BigInt(nano))
    const to = next ? readEvent(next).at : isoOfNano(BigInt(Date.now()) * 1_000_000n)
    await this.log.append([newEvent({ at: to, key: `gap ${from}`, kind: 'gap', action: 'gap', data: { from, to } })])
  }

  private async write(events: readonly EngineEvent[]): Promise<void> {
    const rows: NewEvent[] = []
    let last: ReadEvent | undefined
    for (const event of events.map(readEvent)) {
      last = event
      if (!(await this.probes.isProbe(event))) rows.push(...(await this.naming.rowsOf(event, rows)))
    }
    if (!last) return
    this.heard = { key: last.key, nano: last.nano }
    this.unsaved = rows.length === 0
    if (rows.length > 0) await this.log.append(rows, this.heard)
  }
}
