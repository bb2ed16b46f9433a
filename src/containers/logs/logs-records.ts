import { isUtf8 } from 'node:buffer'
import type { LogCursor, LogLine } from '../../engine/index.js'
import type { LogRecord, LogSkipped, LogState, StreamItem } from '../../streams/source.js'
import type { LogFilter } from './logs-filter.js'
import { rfc3339 } from './log-time.js'

/** How often a reader is told of lines that do not match. */
const TELL_EVERY_MS = 1_000

export interface Source {
  readonly id: string
  readonly name: string
}

/** A line without its bytes: `text` is made of them. `stamp`: its time as it is shown, where many readers share it. */
export type Line = Omit<LogLine, 'bytes'> & { readonly text: string | Buffer; readonly stamp?: string }

/**
 * Knows a line that the engine tells again. Its followers repeat some lines when the log rotates (measured): all of them are older
 * than the reader's cursor but one that follows itself, which looks like another line of the same time. Times of lines rise
 * strictly within a stream, so it is the same where its text is.
 */
export class Repeats {
  private readonly last: { stdout?: Line; stderr?: Line } = {}

  isRepeat(line: Line): boolean {
    const last = this.last[line.stream]
    this.last[line.stream] = line
    if (!last || line.n < 2 || last.time !== line.time || last.end !== 'line' || line.end !== 'line') return false
    return last.text.length === line.text.length && last.text.toString() === line.text.toString()
  }
}

/** Makes records of the lines that are wanted, and counts those that are not. */
export class LogRecords {
  /** Lines that did not match since the reader was told last. By output, as cursors are: what a resume reads again is not told yet. */
  private readonly skipped = { stdout: 0, stderr: 0 }
  private toldAt = 0

  constructor(private readonly filter: LogFilter) {}

  /** Null: it is not wanted. */
  of({ id, name }: Source, { stream, time, stamp, n, end, text }: Line): LogRecord | null {
    const parsed = this.filter.take(typeof text === 'string' ? text : text.toString('latin1'))
    // the end of the log without a line feed is read again, whether it matches or not
    const skipped = end === 'cut' ? 0 : this.skipped[stream]
    if (end !== 'cut') this.skipped[stream] = parsed ? 0 : skipped + 1
    if (!parsed) return null
    const record: LogRecord = { type: 'log', container: id, name, stream, time: stamp ?? rfc3339(time), n, text }
    // once for each line of each reader: no spreads
    if (end !== 'line') record.end = end
    if (skipped > 0) record.skipped = skipped
    return Object.assign(record, parsed)
  }

  /** A reader that waits for the next match must not resume from the last one; null: there is nothing to tell, or (unless `now`) not yet. */
  tell({ id, name }: Source, { stdout, stderr }: LogCursor, now = false): LogSkipped | null {
    const count = this.skipped.stdout + this.skipped.stderr
    if (count === 0 || (!now && Date.now() < this.toldAt + TELL_EVERY_MS)) return null
    const cursor = { ...(stdout[0] > 0n && { stdout: placeOf(stdout) }), ...(stderr[0] > 0n && { stderr: placeOf(stderr) }) }
    this.skipped.stdout = this.skipped.stderr = 0
    this.toldAt = Date.now()
    return { type: 'skipped', container: id, name, count, cursor }
  }
}

/** Once for each line that is read: no spread. */
export function lineOf({ stream, time, n, end, bytes }: LogLine): Line {
  return { stream, time, n, end, text: textOf(bytes) }
}

/** Each binary part of a socket.io event is a packet of its own; UTF-8 survives as a string to the byte. */
export function textOf(bytes: Uint8Array): string | Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? buffer.toString('utf8') : Buffer.from(buffer)
}

/** Lines that were not read before their container was removed. */
export function removedGap(container: string, from: bigint): StreamItem {
  return { gap: { container, from: from > 0n ? rfc3339(from) : null, to: null, reason: 'container_removed' } }
}

export function stateOf({ id, name }: Source, state: LogState['state']): StreamItem {
  return { frames: [{ type: 'state', container: id, name, state } satisfies LogState] }
}

/** As a cursor of the protocol has it. */
export function placeOf([time, n]: readonly [bigint, number]): readonly [string, number] {
  return [rfc3339(time), n]
}
