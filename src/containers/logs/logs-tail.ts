import { setTimeout as delay } from 'node:timers/promises'
import type { Grant } from '../../access/index.js'
import { advance, type Engine, type LogCursor, type LogLine, LOG_START, readLogBatches, resumeSince, seen } from '../../engine/index.js'
import { type LogCursors, type LogRecord, type OwnEnd, type StreamContext, type StreamItem, type Turn } from '../../streams/source.js'
import { cursorOf, hasRead, largest, lastRead, nanoseconds, ResumeCheck } from './logs-cursor.js'
import { byArrival, type FedLine, type LogFeeds, type LogReader, replays } from './logs-feed.js'
import type { LogFilter } from './logs-filter.js'
import type { LogsParams } from './logs-params.dto.js'
import { type Line, lineOf, LogRecords, placeOf, removedGap, Repeats, type Source, stateOf } from './logs-records.js'
import {
  containerChanged,
  containerState,
  engineUp,
  LIVE,
  newestTime,
  nothing,
  type Pass,
  passOf,
  resumed,
  untilStarted,
} from './logs-waiting.js'

export interface TailParts {
  readonly engine: Engine
  readonly feeds: LogFeeds
  readonly context: StreamContext<'ContainerLogs'>
  readonly params: LogsParams
  readonly filter: LogFilter
}

/** How long a stopped container with a restart policy is waited for: longer than an engine takes to stop. */
const RETURN_MS = 20_000
/** Reading that takes longer is that of a slow reader, who would only keep a shared follower waiting. */
const SLOW_MS = 1_000
/** How long after `until` the log is read for the last time: its outputs are not ordered with each other, and a line takes its way. */
const SETTLE_MS = 1_000
/** Node's longest timer; nobody waits longer for `until`. */
const LONGEST_MS = 2_147_483_647

/** What a tail gives: for the reader, and for the merge of several. `live`: its history ends here, or (false) begins again. */
export type TailItem = (StreamItem & { readonly at?: number }) | { readonly live: boolean }

/**
 * The log of one container, or of one name. What was written until now it reads by itself; what comes, from the follower that
 * all readers of the container share. Whoever falls behind that, or comes back, reads by its own cursor again.
 */
export class LogTail {
  private id: string
  private readonly name: string
  private readonly byName: boolean
  private cursor: LogCursor
  /** What was written until it was opened. */
  private history: AsyncGenerator<LogLine[]> | undefined
  /** Where its reader has to go on from who comes back without a line of it: only the opening knows what `tail` meant. */
  opening: LogCursors[string] | undefined
  private reader: LogReader | undefined
  private slow = false
  private tty = false
  /** Lines at the end of the log without a line feed: whether they are whole shows only when the container has stopped. */
  private cut: Line[] = []
  private interrupted = false
  /** Those of the engine that the reader was told of, or that came before it. */
  private outages: number
  private first = true
  /** All was read, and nothing can have been written since: the container has stopped. */
  private complete = false
  /** Nothing older is wanted. */
  private floor: bigint
  private readonly records: LogRecords
  private readonly repeats = new Repeats()

  constructor(
    private readonly parts: TailParts,
    private grant: Grant<'ContainerLogs'>,
    ref: string,
  ) {
    this.id = grant.target.engineId
    this.name = grant.target.name
    this.byName = ref === this.name
    this.cursor = cursorOf(parts.params.cursor, this.id)
    const { since } = parts.params
    this.floor = since === undefined ? 0n : nanoseconds(since)!
    this.records = new LogRecords(parts.filter)
    this.outages = parts.engine.state.outages
  }

  /** Begins to read, so that what is wrong is known before the stream is open. */
  async connect(): Promise<void> {
    const { engine, feeds, params } = this.parts
    const { signal } = this.parts.context
    this.tty = engine.inventory.containers.get(this.id)?.detail?.tty ?? (await engine.containers.inspect(this.id)).Config.Tty ?? false
    // before the history is read: what is written meanwhile is in both
    this.reader = params.follow && !this.slow && this.rest > 0 ? await feeds.join(this.id, { tty: this.tty, signal }) : undefined
    this.history = await this.read(this.reader)
    if (this.first && params.follow && params.tail !== undefined && !hasRead(this.cursor)) await this.open(params.tail)
    this.first = false
  }

  /** Notes the time of the first line that is wanted; where there is none yet, all that comes is. */
  private async open(tail: number): Promise<void> {
    const first = tail > 0 ? await this.history!.next() : undefined
    const time = (first?.done === false ? first.value[0]?.time : undefined) ?? largest(this.floor, 1n)
    if (first?.done === false) this.history = resumed(first.value, this.history!)
    this.opening = { stdout: placeOf([time, 0]), stderr: placeOf([time, 0]) }
  }

  /** From the cursor on, or what was asked for; ends where the log ended when it was opened. Nothing where the reader's ring has it. */
  private async read(reader?: LogReader): Promise<AsyncGenerator<LogLine[]>> {
    const { engine, params, context } = this.parts
    const { stdout, stderr } = params
    // before any question to the engine: what comes after this place is the ring's, what came before is in the log
    const isKept = reader !== undefined && replays(reader, this.cursor, { byTime: this.byTime })
    const tail = this.first && !hasRead(this.cursor) ? params.tail : undefined
    // who asks for no history gets what is newer than the newest line, by the engine's clock
    if (tail === 0) this.floor = largest(this.floor, (await newestTime(engine, this.id, { tty: this.tty, signal: context.signal })) + 1n)
    // the other stream's old lines were never wanted, or they are known
    this.floor = largest(this.floor, resumeSince(this.cursor))
    if (isKept) return nothing()
    const until = params.until === undefined ? undefined : nanoseconds(params.until)!
    const range = { tail, until, ...(this.floor > 0n && { since: this.floor }) }
    const wanted = { tty: this.tty, follow: false, stdout, stderr, signal: context.signal, ...range }
    return readLogBatches(await engine.containers.logs(this.id, wanted), { tty: this.tty })
  }

  /** Everything there is; ends with the container, or never where it is known by its name. */
  async *items(): AsyncGenerator<TailItem, OwnEnd> {
    const end = yield* this.passes()
    yield* this.told(true)
    return end
  }

  private async *passes(): AsyncGenerator<TailItem, OwnEnd> {
    const { follow } = this.parts.params
    for (;;) {
      // all that was written until `until` is in the log by now, whatever of it still waits for a slow reader: so it is read once more
      const isLast = this.isPast()
      if (isLast) yield { live: false }
      const pass = yield* this.pass()
      if (!follow || (isLast && pass === 'read')) {
        yield* this.unfinished('cut')
        return { reason: 'ended' }
      }
      if (pass === 'read' && this.isPast()) continue
      const end = yield* this.after(pass)
      if (end) return end
    }
  }

  /** One reading: history, then what comes, until the engine ends it or `until` is past. */
  private async *pass(): AsyncGenerator<TailItem, Pass> {
    try {
      if (!this.history) await this.connect()
      yield* this.following()
      const start = performance.now()
      yield* this.catchUp()
      this.slow = performance.now() - start > SLOW_MS
      if (!this.parts.params.follow) return 'read'
      if (this.reader) yield { live: true }
      yield* this.follow()
      return 'read'
    } catch (error) {
      const pass = passOf(error)
      if (!pass || (pass !== 'short' && !this.parts.params.follow)) throw error
      return pass
    } finally {
      this.history = undefined
      this.reader = undefined
    }
  }

  private async *catchUp(): AsyncGenerator<TailItem> {
    this.cut = []
    const { cursor } = this
    const check = new ResumeCheck(cursor)
    const first = this.floor
    const history = this.history ?? (await this.read())
    this.history = undefined
    for await (const lines of history) {
      // of `tail` the oldest line is the oldest that is wanted, of both streams
      if (cursor === LOG_START && first === this.floor && lines[0]) this.floor = largest(first, lines[0].time)
      yield* this.take(lines.map(lineOf), check)
    }
  }

  private async *follow(): AsyncGenerator<TailItem> {
    const { reader } = this
    if (!reader) return
    for (let turn = await this.turn(reader); turn; turn = await this.turn(reader)) {
      // too slow for what is kept: it is in the log, unless that was rotated
      if (turn.missed > 0 || turn.items.some((fed) => this.isDoubtful(fed))) {
        yield { live: false }
        reader.skip()
        yield* this.catchUp()
        yield { live: true }
      } else yield* this.takeFed(turn.items)
      if (this.isPast()) return
    }
  }

  /** What comes next; null: the follower has ended, or nothing came before `until` was past. */
  private async turn(reader: LogReader): Promise<Turn<FedLine> | null> {
    if (this.rest > LONGEST_MS) return reader.next()
    const coming = new AbortController()
    try {
      return await Promise.race([reader.next(), delay(Math.max(this.rest, 0), null, { signal: coming.signal })])
    } finally {
      coming.abort()
    }
  }

  /** It may be only the end of a line, and the whole is not known. */
  private isDoubtful({ line, uncertain }: FedLine): boolean {
    return uncertain && line.time >= this.floor && this.wants(line) && line.time >= this.cursor[line.stream][0] && !seen(this.cursor, line)
  }

  private *takeFed(items: readonly FedLine[]): Generator<TailItem> {
    for (const { at, lines } of byArrival(items.filter(({ line, uncertain }) => !uncertain && this.wants(line))))
      for (const item of this.take(lines)) yield { ...item, at }
  }

  private wants({ stream, time }: Pick<LogLine, 'stream' | 'time'>): boolean {
    const { until, [stream]: wanted } = this.parts.params
    return wanted !== false && time >= this.floor && (until === undefined || time <= nanoseconds(until)!)
  }

  private *take(lines: readonly Line[], check?: ResumeCheck): Generator<StreamItem> {
    const { source } = this
    let frames: LogRecord[] = []
    for (const line of lines) {
      const gap = check?.look(line)
      if (this.repeats.isRepeat(line) || seen(this.cursor, line)) continue
      if (gap) {
        if (frames.length > 0) yield { frames }
        frames = []
        yield { gap: { container: this.id, reason: 'rotated', ...gap } }
      }
      // told again by each reading, until it is whole
      if (line.end === 'cut') this.cut = [...this.cut.filter(({ stream }) => stream !== line.stream), line]
      else {
        this.cursor = advance(this.cursor, line)
        const record = this.records.of(source, line)
        if (record) frames.push(record)
      }
    }
    if (frames.length > 0) yield { frames }
    yield* this.told(false)
  }

  /** What was left out since it was told last. */
  private *told(now: boolean): Generator<StreamItem> {
    const skipped = this.records.tell(this.source, this.cursor, now)
    if (skipped) yield { frames: [skipped] }
  }

  /** What follows the end of a reading; an answer is the end of the tail. */
  private async *after(pass: Pass): AsyncGenerator<TailItem, OwnEnd | null> {
    const { engine, context } = this.parts
    if (pass === 'engine_unavailable') {
      yield* this.unavailable()
      await engineUp(engine, context.signal)
      return null
    }
    const state = pass === 'removed' ? undefined : await containerState(engine, this.id)
    // there may be more than was followed
    if (state === 'unknown' || (pass === 'short' && state !== undefined)) return null
    if (pass !== 'read' && !this.complete) yield removedGap(this.id, lastRead(this.cursor))
    if (state !== undefined && LIVE.has(state)) {
      await containerChanged(engine, this.id, context.signal, 200)
      return null
    }
    this.complete = true
    yield* this.unfinished('line')
    if (state === undefined) return yield* this.next()
    // one that was never started will be; one that has exited ends the tail, unless it is followed by its name or comes back by itself
    if (this.byName || state === 'created') await untilStarted(engine, this.id, { signal: context.signal, isPast: () => this.isPast() })
    else if (!(yield* this.returns())) return { reason: 'container_exited' }
    // removed while it stood still: all was read
    this.complete = engine.inventory.containers.get(this.id) === undefined
    return null
  }

  private *unavailable(): Generator<StreamItem> {
    if (!this.interrupted) yield stateOf(this.source, 'engine_unavailable')
    this.interrupted = true
  }

  /** It is read again. An engine that was away while nothing was asked of it, as between the end of a container and its return, is told of too. */
  private *following(): Generator<StreamItem> {
    const { outages } = this.parts.engine.state
    if (outages > this.outages) yield* this.unavailable()
    this.outages = outages
    if (this.interrupted) yield stateOf(this.source, 'following')
    this.interrupted = false
  }

  /** An engine that stops in good order ends its containers first, and starts those with a restart policy when it is back. */
  private async *returns(): AsyncGenerator<TailItem, boolean> {
    const { engine, context } = this.parts
    const policy = engine.inventory.containers.get(this.id)?.detail?.restartPolicy ?? 'no'
    if (policy === 'no' || policy === '') return false
    for (let until = Date.now() + RETURN_MS; Date.now() < until;) {
      if (engine.state.up) await containerChanged(engine, this.id, context.signal)
      else {
        yield* this.unavailable()
        await engineUp(engine, context.signal)
        until = Date.now() + RETURN_MS
      }
      const state = engine.state.up ? await containerState(engine, this.id) : 'unknown'
      if (state === undefined || LIVE.has(state)) return true
    }
    return false
  }

  /** The container is gone: the end, or the next one of its name. */
  private async *next(): AsyncGenerator<TailItem, OwnEnd | null> {
    if (!this.byName) return { reason: 'container_removed' }
    yield* this.told(true)
    const { engine, context } = this.parts
    const { team } = this.grant.target
    context.release(this.grant)
    for (;;) {
      const grant = await context.regrant({ ref: this.name, ...(team && { team: team.name }) }, this.grant)
      if (grant && grant.target.engineId !== this.id) {
        const replaces = this.id
        this.grant = grant
        this.id = grant.target.engineId
        this.cursor = LOG_START
        this.complete = false
        yield { source: { containerId: this.id, name: this.name, replaces } }
        return null
      }
      if (grant) context.release(grant)
      if (this.isPast()) return { reason: 'ended' }
      await containerChanged(engine, null, context.signal)
    }
  }

  /** What comes from now on was written after `until`. */
  private isPast(): boolean {
    return this.rest <= 0
  }

  /** Milliseconds until that is so. */
  private get rest(): number {
    const { until } = this.parts.params
    return until === undefined ? Infinity : Number(nanoseconds(until)! / 1_000_000n) + SETTLE_MS - Date.now()
  }

  /** The reader was told of several logs, and so may have newer lines before older ones of this one. */
  private get byTime(): boolean {
    const { containers, cursor = {} } = this.parts.params
    return containers.length > 1 || Object.keys(cursor).length > 1
  }

  private get source(): Source {
    return { id: this.id, name: this.name }
  }

  private *unfinished(end: 'cut' | 'line'): Generator<StreamItem> {
    const lines = this.cut.filter((line) => !seen(this.cursor, line))
    this.cut = []
    if (end === 'line') for (const line of lines) this.cursor = advance(this.cursor, line)
    const frames = lines.map((line) => this.records.of(this.source, { ...line, end })).filter((record) => record !== null)
    if (frames.length > 0) yield { frames }
  }
}
