import { transform } from './flow.js'
import { FrameDecoder } from './frames.js'
import { LineJoiner, type LogLine } from './line-joiner.js'
import { TtySplitter } from './tty-pieces.js'

/** Where a reader is: per stream the time and the n of the last line it has. */
export interface LogCursor {
  readonly stdout: readonly [ns: bigint, n: number]
  readonly stderr: readonly [ns: bigint, n: number]
}

/** Where a line is in a log. */
export type LogPlace = Pick<LogLine, 'stream' | 'time' | 'n'>

/** A cursor before everything. */
export const LOG_START: LogCursor = { stdout: [0n, 0], stderr: [0n, 0] }

/** Lines in the order of the engine, all that came in one chunk together: cheaper than one by one. */
export function readLogBatches(raw: AsyncIterable<Uint8Array>, options: { tty: boolean }): AsyncGenerator<LogLine[]> {
  const parser = new LogParser(options)
  return transform(raw, { step: (chunk) => some(parser.push(chunk)), finish: () => some(parser.finish()) })
}

/**
 * Reads `GET /containers/{id}/logs?timestamps=1`. The engine splits lines at 16 KiB and stamps every piece with the time of
 * the first: pieces are joined again up to 1 MiB. Nothing is held but the open line of each stream.
 */
export function readLogLines(raw: AsyncIterable<Uint8Array>, options: { tty: boolean }): AsyncGenerator<LogLine> {
  const parser = new LogParser(options)
  return transform(raw, { step: (chunk) => parser.push(chunk), finish: () => parser.finish() })
}

/** The lines of the bytes that are pushed. */
class LogParser {
  private readonly joiner = new LineJoiner()
  private readonly pieces: FrameDecoder | TtySplitter

  constructor(options: { tty: boolean }) {
    this.pieces = options.tty ? new TtySplitter() : new FrameDecoder()
  }

  push(chunk: Uint8Array): LogLine[] {
    return this.joiner.push(this.pieces.push(chunk))
  }

  finish(): LogLine[] {
    return [...this.joiner.push(this.pieces.end()), ...this.joiner.finish()]
  }
}

function some(lines: LogLine[]): LogLine[][] {
  return lines.length > 0 ? [lines] : []
}

/** Whether a reader with this cursor has the line already. */
export function seen(cursor: LogCursor, line: LogPlace): boolean {
  const [time, n] = cursor[line.stream]
  return line.time < time || (line.time === time && line.n <= n)
}

/** The cursor of a reader that has now read the line too. */
export function advance(cursor: LogCursor, line: LogPlace): LogCursor {
  // once for each line of each reader: a spread costs several times as much
  const { stdout, stderr } = cursor
  return line.stream === 'stdout' ? { stdout: [line.time, line.n], stderr } : { stdout, stderr: [line.time, line.n] }
}

/** From where the engine must be read again (`since`, inclusive) so that nothing after the cursor is missed. */
export function resumeSince(cursor: LogCursor): bigint {
  const last = cursor.stdout[0] > cursor.stderr[0] ? cursor.stdout[0] : cursor.stderr[0]
  // a second back: stdout and stderr are not ordered with each other (measured)
  return last > 1_000_000_000n ? last - 1_000_000_000n : 0n
}
