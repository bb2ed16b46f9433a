import { isUtf8 } from 'node:buffer'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { advance, type Engine, type LogCursor, type LogLine, LOG_START, readLogBatches, resumeSince, seen } from '../engine/index.js'
import type { LogRecord, LogSkipped, LogState, OwnEnd, StreamContext, StreamItem } from '../streams/source.js'
import { cursorOf, hasRead, nanoseconds, newest, ResumeCheck } from './logs-cursor.js'
import { rfc3339 } from './log-time.js'
import type { LogFilter } from './logs-filter.js'
import type { LogsParams } from './logs-params.dto.js'
import { untilStalled } from './logs-stall.js'
import { containerChanged, engineUp } from './logs-waiting.js'

type Context = StreamContext<'ContainerLogs'>

export interface TailParts {
  readonly engine: Engine
  readonly context: Context
  readonly params: LogsParams
  readonly filter: LogFilter
}

/** How one reading of the engine came to its end. */
type Pass = 'read' | 'engine_unavailable' | 'removed'

/** How often a reader is told of lines that do not match. */
const TELL_EVERY_MS = 1_000
/** States in which more may be written. */
const LIVE: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])
/** How long a stopped container with a restart policy is waited for: longer than an engine takes to stop. */
const RETURN_MS = 20_000

/** The log of one container, or of one name: read, followed, and resumed by its own cursor after every interruption. */
export class LogTail {
  private id: string
  private readonly name: string
  private cursor: LogCursor
  private raw: AsyncGenerator<Uint8Array> | undefined
  private tty = false
  /** Lines at the end of the log without a line feed: whether they are whole shows only when the container has stopped. */
  private cut: LogLine[] = []
  private interrupted = false
  private first = true
  /** All was read, and nothing can have been written since: the container has stopped. */
  private complete = false
  /** Nothing older is wanted. */
  private floor: bigint
  /** Lines that did not match since the reader was told last. */
  private skipped = 0
  private toldAt = 0

  constructor(
    private readonly parts: TailParts,
    private grant: Grant<'ContainerLogs'>,
    private readonly ref: string,
  ) {
    this.id = grant.target.engineId
    this.name = grant.target.name
    this.cursor = cursorOf(parts.params.cursor, this.id)
    const { since } = parts.params
    this.floor = since === undefined ? 0n : nanoseconds(since)!
  }

  /** Begins to read, so that what is wrong is known before the stream is open. */
  async connect(): Promise<void> {
    const { engine, params, context } = this.parts
    const { follow = false, stdout, stderr } = params
    this.tty = engine.inventory.containers.get(this.id)?.detail?.tty ?? (await engine.containers.inspect(this.id)).Config.Tty ?? false
    const since = largest(this.floor, resumeSince(this.cursor))
    const until = params.until === undefined ? undefined : nanoseconds(params.until)!
    const tail = this.first && !hasRead(this.cursor) ? params.tail : undefined
    this.raw = await engine.containers.logs(this.id, {
      tty: this.tty,
      follow,
      stdout,
      stderr,
      tail,
      until,
      ...(since > 0n && { since }),
      signal: context.signal,
    })
    // who asked for no history must not get it after an interruption
    if (this.first && tail === 0) this.floor = largest(this.floor, now())
    this.first = false
  }

  /** Everything there is; ends with the container, or never where it is known by its name. */
  async *items(): AsyncGenerator<StreamItem, OwnEnd> {
    if (this.isForeignCursor()) yield this.removedGap(newestOf(this.parts.params))
    for (;;) {
      const pass = yield* this.pass()
      if (!this.parts.params.follow) {
        yield* this.rest('cut')
        return { reason: 'ended' }
      }
      const end = yield* this.after(pass)
      if (end) return end
      if (this.isPast()) return { reason: 'ended' }
    }
  }

  /** One reading, until the engine ends it. */
  private async *pass(): AsyncGenerator<StreamItem, Pass> {
    this.cut = []
    const check = new ResumeCheck(this.cursor)
    try {
      if (!this.raw) await this.connect()
      if (this.interrupted) yield this.state('following')
      this.interrupted = false
      const batches = readLogBatches(this.raw!, { tty: this.tty })
      const follower = this.parts.params.follow ? untilStalled(batches, () => this.hasMore()) : batches
      for await (const lines of follower) yield* this.take(lines, check)
      return 'read'
    } catch (error) {
      if (!(error instanceof AppError) || !this.parts.params.follow) throw error
      if (error.code === 'NOT_FOUND') return 'removed'
      if (error.code === 'ENGINE_UNAVAILABLE' || error.code === 'ENGINE_TIMEOUT') return 'engine_unavailable'
      throw error
    } finally {
      this.raw = undefined
    }
  }

  /** Whether the engine has a newer line than the last one that came. */
  private async hasMore(): Promise<boolean> {
    const { engine, params, context } = this.parts
    const { stdout, stderr } = params
    const lines = await engine.containers.logLines(this.id, { tty: this.tty, stdout, stderr, tail: 1, signal: context.signal })
    for await (const line of lines) if (line.end !== 'cut' && !seen(this.cursor, line) && line.time >= this.floor) return true
    return false
  }

  private *take(lines: readonly LogLine[], check: ResumeCheck): Generator<StreamItem> {
    let frames: LogRecord[] = []
    for (const line of lines) {
      const gap = check.look(line)
      if (seen(this.cursor, line)) continue
      if (gap) {
        if (frames.length > 0) yield { frames }
        frames = []
        yield { gap: { container: this.id, reason: 'rotated', ...gap } }
      }
      if (line.end === 'cut') this.cut.push({ ...line, bytes: line.bytes.slice() })
      else {
        this.cursor = advance(this.cursor, line)
        const record = this.record(line)
        if (record) frames.push(record)
      }
    }
    if (frames.length > 0) yield { frames }
    yield* this.tellSkipped()
  }

  /** A reader that waits for the next match must not resume from the last one. */
  private *tellSkipped(): Generator<StreamItem> {
    if (this.skipped === 0 || Date.now() < this.toldAt + TELL_EVERY_MS) return
    const { stdout, stderr } = this.cursor
    const cursor = { ...(stdout[0] > 0n && { stdout: placeOf(stdout) }), ...(stderr[0] > 0n && { stderr: placeOf(stderr) }) }
    yield { frames: [{ type: 'skipped', container: this.id, name: this.name, count: this.skipped, cursor } satisfies LogSkipped] }
    this.skipped = 0
    this.toldAt = Date.now()
  }

  /** What follows the end of a reading; an answer is the end of the tail. */
  private async *after(pass: Pass): AsyncGenerator<StreamItem, OwnEnd | null> {
    const { engine, context } = this.parts
    if (pass === 'engine_unavailable') {
      if (!this.interrupted) yield this.state('engine_unavailable')
      this.interrupted = true
      await engineUp(engine, context.signal)
      return null
    }
    const state = pass === 'removed' ? undefined : await this.containerState()
    if (state === 'unknown') return null
    if (pass === 'removed' && !this.complete) yield this.removedGap(newest(this.cursor).time)
    if (state !== undefined && LIVE.has(state)) {
      await containerChanged(engine, this.id, context.signal, 200)
      return null
    }
    this.complete = true
    yield* this.rest('line')
    if (state === undefined) return yield* this.next()
    // one that was never started will be; one that has exited ends the tail, unless it is followed by its name or comes back by itself
    if (this.byName || state === 'created') await this.untilStarted()
    else if (!(yield* this.returns())) return { reason: 'container_exited' }
    // removed while it stood still: all was read
    this.complete = engine.inventory.containers.get(this.id) === undefined
    return null
  }

  /** An engine that stops in good order ends its containers first, and starts those with a restart policy when it is back. */
  private async *returns(): AsyncGenerator<StreamItem, boolean> {
    const { engine, context } = this.parts
    const policy = engine.inventory.containers.get(this.id)?.detail?.restartPolicy ?? 'no'
    if (policy === 'no' || policy === '') return false
    for (let until = Date.now() + RETURN_MS; Date.now() < until;) {
      if (engine.state.up) await containerChanged(engine, this.id, context.signal)
      else {
        if (!this.interrupted) yield this.state('engine_unavailable')
        this.interrupted = true
        await engineUp(engine, context.signal)
        until = Date.now() + RETURN_MS
      }
      const state = engine.state.up ? await this.containerState() : 'unknown'
      if (state === undefined || LIVE.has(state)) return true
    }
    return false
  }

  private async untilStarted(): Promise<void> {
    const { engine, context } = this.parts
    for (;;) {
      const entry = engine.inventory.containers.get(this.id)
      if (!entry || LIVE.has(entry.state)) return
      await containerChanged(engine, this.id, context.signal)
    }
  }

  /** The container is gone: the end, or the next one of its name. */
  private async *next(): AsyncGenerator<StreamItem, OwnEnd | null> {
    if (!this.byName) return { reason: 'container_removed' }
    const { engine, context } = this.parts
    const { team } = this.grant.target
    context.release(this.grant)
    for (;;) {
      const grant = await context.regrant({ ref: this.name, ...(team && { team: team.name }) }, this.grant)
      if (grant && grant.target.engineId !== this.id) {
        this.grant = grant
        this.id = grant.target.engineId
        this.cursor = LOG_START
        this.complete = false
        yield { source: { containerId: this.id, name: this.name } }
        return null
      }
      if (grant) context.release(grant)
      await containerChanged(engine, null, context.signal)
    }
  }

  /** What comes from now on is after `until`. */
  private isPast(): boolean {
    const { until } = this.parts.params
    return until !== undefined && now() > nanoseconds(until)!
  }

  private get byName(): boolean {
    return this.ref === this.name
  }

  /** `unknown`: the engine went away meanwhile, the next reading will tell. Undefined: there is no such container. */
  private async containerState(): Promise<string | undefined> {
    try {
      return (await this.parts.engine.inventory.refresh('container', this.id))?.state
    } catch (error) {
      if (error instanceof AppError) return 'unknown'
      throw error
    }
  }

  private *rest(end: 'cut' | 'line'): Generator<StreamItem> {
    const lines = this.cut.filter((line) => !seen(this.cursor, line))
    this.cut = []
    if (lines.length === 0) return
    if (end === 'line') for (const line of lines) this.cursor = advance(this.cursor, line)
    const frames = lines.map((line) => this.record({ ...line, end })).filter((record) => record !== null)
    if (frames.length > 0) yield { frames }
  }

  /** The client has read from a container of this name that is no more. */
  private isForeignCursor(): boolean {
    const { cursor, containers } = this.parts.params
    return cursor !== undefined && containers.length === 1 && Object.keys(cursor).length > 0 && !Object.hasOwn(cursor, this.id)
  }

  private removedGap(from: bigint): StreamItem {
    return { gap: { container: this.id, from: from > 0n ? rfc3339(from) : null, to: null, reason: 'container_removed' } }
  }

  private state(state: LogState['state']): StreamItem {
    return { frames: [{ type: 'state', container: this.id, name: this.name, state } satisfies LogState] }
  }

  /** Null: it is not wanted. */
  private record({ stream, time, n, bytes, end }: LogLine): LogRecord | null {
    const text = textOf(bytes)
    const parsed = this.parts.filter.take(typeof text === 'string' ? text : text.toString('latin1'))
    if (!parsed) {
      this.skipped += 1
      return null
    }
    return {
      type: 'log',
      container: this.id,
      name: this.name,
      stream,
      time: rfc3339(time),
      n,
      text,
      ...(end !== 'line' && { end }),
      ...parsed,
    }
  }
}

function placeOf([time, n]: readonly [bigint, number]): readonly [string, number] {
  return [rfc3339(time), n]
}

/** Each binary part of a socket.io event is a packet of its own; UTF-8 survives as a string to the byte. */
function textOf(bytes: Uint8Array): string | Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? buffer.toString('utf8') : Buffer.from(buffer)
}

function newestOf({ cursor = {} }: LogsParams): bigint {
  return Object.keys(cursor).reduce((last, id) => largest(last, newest(cursorOf(cursor, id)).time), 0n)
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

function largest(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
