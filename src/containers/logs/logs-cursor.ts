import { ValidateBy } from 'class-validator'
import { LOG_START, type LogCursor, type LogLine } from '../../engine/index.js'
import type { LogCursors } from '../../streams/source.js'
import { rfc3339 } from './log-time.js'

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/
const NANOSECONDS = /^\d{1,19}$/

/** RFC 3339 with up to nine decimals, or unix nanoseconds, as unix nanoseconds. Null: neither. */
export function nanoseconds(text: string): bigint | null {
  if (NANOSECONDS.test(text)) return BigInt(text)
  const match = RFC3339.exec(text)
  const ms = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN
  if (Number.isNaN(ms) || ms < 0) return null
  return BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? '').padEnd(9, '0'))
}

/** Where a client is in one container's log; the start where it does not say. */
export function cursorOf(cursors: LogCursors | undefined, container: string): LogCursor {
  const given = cursors && Object.hasOwn(cursors, container) ? cursors[container] : undefined
  if (!given) return LOG_START
  const place = (at: readonly [string, number] | undefined): readonly [bigint, number] => (at ? [nanoseconds(at[0])!, at[1]] : [0n, 0])
  return { stdout: place(given.stdout), stderr: place(given.stderr) }
}

/** The stream whose last line is the newest, with that place; with `n` 0 no line was read, and all from that time on is wanted. */
export function newest({ stdout, stderr }: LogCursor): { stream: 'stdout' | 'stderr'; time: bigint; n: number } {
  const isStdout = stdout[0] > stderr[0] || (stdout[0] === stderr[0] && stdout[1] >= stderr[1])
  const [stream, [time, n]] = isStdout ? (['stdout', stdout] as const) : (['stderr', stderr] as const)
  return { stream, time, n }
}

/** Time of the newest line that was read; 0 where none was. */
export function lastRead(cursor: LogCursor): bigint {
  const { time, n } = newest(cursor)
  return n > 0 ? time : 0n
}

/**
 * The containers that a reader has read from and that were made anew while it was away. Who has a place in each of those that are
 * there now has read on from the one to the other, and missed nothing.
 */
export function replaced(cursors: LogCursors = {}, opened: readonly string[]): string[] {
  if (opened.every((id) => Object.hasOwn(cursors, id))) return []
  return Object.keys(cursors).filter((id) => !opened.includes(id))
}

export function largest(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** Whether the cursor says where to go on from. */
export function hasRead(cursor: LogCursor): boolean {
  return cursor.stdout[0] > 0n || cursor.stderr[0] > 0n
}

/** stdout and stderr are not ordered with each other; further apart than this they are (measured, and what resumeSince reads back). */
const SKEW_NS = 1_000_000_000n

/** Looks, on a resume, whether the last line that the reader has is still there: if not, the engine has rotated lines away. */
export class ResumeCheck {
  private readonly last
  private open: boolean
  private begun = false

  constructor(cursor: LogCursor) {
    this.last = newest(cursor)
    this.open = this.last.n > 0
  }

  /** The gap before this line, or null. */
  look({ stream, time, n }: Pick<LogLine, 'stream' | 'time' | 'n'>): { from: string; to: string } | null {
    if (!this.open) return null
    const { last } = this
    const isFirst = !this.begun
    this.begun = true
    // The reading begins before the last line that the reader has, and in the order in which it was read: if that is still there, then
    // nothing newer comes before it.
    if (isFirst && time > last.time) {
      this.open = false
      return { from: rfc3339(last.time), to: rfc3339(time) }
    }
    const same = stream === last.stream
    if (same && time === last.time && n === last.n) this.open = false
    // within one stream times only rise
    else if ((same && (time > last.time || (time === last.time && n > last.n))) || time > last.time + SKEW_NS) {
      this.open = false
      return { from: rfc3339(last.time), to: rfc3339(time) }
    }
    return null
  }
}

/** class-validator: `{[full id]: {stdout?: [time, n], stderr?: [time, n]}}`. */
export function IsLogCursors(): PropertyDecorator {
  const message = 'must be {[container id]: {stdout: [time, n], stderr: [time, n]}} with times in RFC 3339 or nanoseconds'
  return ValidateBy({ name: 'isLogCursors', validator: { validate: isLogCursors, defaultMessage: () => message } })
}

function isLogCursors(value: unknown): boolean {
  if (!isObject(value)) return false
  const entries = Object.entries(value)
  return (
    entries.length <= 100 &&
    entries.every(
      ([id, places]) =>
        /^[0-9a-f]{64}$/.test(id) &&
        isObject(places) &&
        Object.entries(places).every(([stream, place]) => /^(stdout|stderr)$/.test(stream) && isPlace(place)),
    )
  )
}

function isPlace(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [time, n] = value as [unknown, unknown]
  return typeof time === 'string' && time.length <= 40 && nanoseconds(time) !== null && Number.isSafeInteger(n) && (n as number) >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
