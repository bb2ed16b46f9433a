import { Injectable } from '@nestjs/common'
import { advance, Engine, LOG_START, type LogCursor, type LogLine, readLogBatches, seen } from '../../engine/index.js'
import { type Audience, CutShort, type SharedReader, SharedUpstreams } from '../../streams/source.js'
import { rfc3339 } from './log-time.js'
import { hasRead, newest } from './logs-cursor.js'
import { type Line, lineOf } from './logs-records.js'
import { untilStalled } from './logs-stall.js'

/** A line as all its readers share it. */
export interface FedLine {
  readonly line: Line
  /** Unix milliseconds of its arrival here: the same for all readers, so their order can be. */
  readonly at: number
  /** It may be the end of a line that began before the feed: who does not have it yet reads the log itself. */
  readonly uncertain: boolean
}

export type LogReader = SharedReader<FedLine>

/** Lines at the end of the log that a feed begins with: then what it can't be sure of is what its readers have long read. */
const TAIL = 50
/** stdout and stderr are not ordered with each other, but within a second they are (measured). */
const SKEW_NS = 1_000_000_000n
const KEEP = { items: 10_000, bytes: 4_194_304, sizeOf: ({ line }: FedLine) => line.text.length + 128 }
const LINGER_MS = 3_000
/** How long the engine is kept waiting for the fastest reader: one that waits while the log rotates twice would lose lines in silence. */
const PATIENCE_MS = 1_000

/** One follower of the engine for each container, however many read its log. */
@Injectable()
export class LogFeeds {
  private readonly upstreams = new SharedUpstreams<FedLine>({ keep: KEEP, lingerMs: LINGER_MS, patienceMs: PATIENCE_MS })

  constructor(private readonly engine: Engine) {}

  /** Followers that are open. */
  get size(): number {
    return this.upstreams.size
  }

  /** From about now on; the reader reads what was before by itself. @throws AppError of the engine */
  join(id: string, { tty, signal }: { tty: boolean; signal: AbortSignal }): Promise<LogReader> {
    return this.upstreams.join(id, (audience) => this.follow(id, tty, audience), { signal })
  }

  private async follow(id: string, tty: boolean, { signal }: Audience): Promise<AsyncGenerator<FedLine[]>> {
    const raw = await this.engine.containers.logs(id, { tty, follow: true, tail: TAIL, signal })
    return this.lines(id, raw, { tty, signal })
  }

  private async *lines(
    id: string,
    raw: AsyncGenerator<Uint8Array>,
    { tty, signal }: { tty: boolean; signal: AbortSignal },
  ): AsyncGenerator<FedLine[]> {
    const beginning = new Beginning()
    let cursor = LOG_START
    const hasMore = (): Promise<boolean> => this.hasMore(id, cursor, { tty, signal })
    const follower = untilStalled(readLogBatches(raw, { tty }), hasMore)
    try {
      for (;;) {
        const turn = await follower.next()
        if (turn.done === true && turn.value === 'stalled') throw new CutShort('the engine has stalled')
        if (turn.done === true) return
        const at = Date.now()
        for (const line of turn.value) if (line.end !== 'cut') cursor = advance(cursor, line)
        yield turn.value.map((line) => ({
          line: { ...lineOf(line), stamp: rfc3339(line.time) },
          at,
          uncertain: beginning.isUncertain(line),
        }))
      }
    } finally {
      await follower.return('ended')
    }
  }

  /** Whether the engine has a newer line than the last one that came. */
  private async hasMore(id: string, cursor: LogCursor, { tty, signal }: { tty: boolean; signal: AbortSignal }): Promise<boolean> {
    for await (const line of await this.engine.containers.logLines(id, { tty, tail: 1, signal }))
      if (line.end !== 'cut' && !seen(cursor, line)) return true
    return false
  }
}

/**
 * Goes on from the last line that a reader has, where that is kept; else all that was until now has to be read. It begins with
 * that line itself: the engine may repeat it next, and only who sees both knows that. `byTime`: it was read in a stream of several
 * logs, which are told by time, so a line of the other output that is newer and not read yet may be kept before it: it begins
 * with what is older by more than outputs can be out of order.
 */
export function replays(reader: LogReader, cursor: LogCursor, { byTime }: { byTime: boolean }): boolean {
  const { stream, time, n } = newest(cursor)
  const isLast = ({ line, uncertain }: FedLine): boolean => line.time === time && line.stream === stream && line.n === n && !uncertain
  const isKnown = ({ line }: FedLine): boolean => line.time < time - SKEW_NS
  if (hasRead(cursor) && reader.skipTo(isLast) && (!byTime || reader.skipTo(isKnown))) return true
  // begun at the oldest that is kept it would soon miss some of what it has no need of
  reader.skip()
  return false
}

/** Neighbours that came together. */
export function byArrival(items: readonly FedLine[]): { at: number; lines: Line[] }[] {
  const groups: { at: number; lines: Line[] }[] = []
  for (const { at, line } of items) {
    if (groups.at(-1)?.at !== at) groups.push({ at, lines: [] })
    groups.at(-1)!.lines.push(line)
  }
  return groups
}

/**
 * Knows which lines at the beginning of a feed may lack their own beginning: the engine stamps all pieces of a line with the
 * time of the first, so such a line has the first time of its stream, and is not newer than where the feed begins.
 */
export class Beginning {
  private start: bigint | undefined
  private readonly firsts: { stdout?: bigint; stderr?: bigint } = {}

  isUncertain({ stream, time }: Pick<LogLine, 'stream' | 'time'>): boolean {
    this.start ??= time
    const first = (this.firsts[stream] ??= time)
    return time === first && first < this.start + SKEW_NS
  }
}
