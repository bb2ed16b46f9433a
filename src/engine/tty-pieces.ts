import { garbage } from './answer-shape.js'
import type { Frame } from './frames.js'
import { MAX_STAMP, MIN_STAMP, readStamp } from './log-time.js'

/** The engine's copier flushes a line without a line feed at exactly this many bytes (moby daemon/logger/copier.go). */
const PIECE = 16_384
const LF = 10
const BLANK = 32

/**
 * Finds the pieces in a TTY's log, which has no frames: each starts with its time, and ends with a line feed or after exactly
 * 16,384 bytes; there the next time stands in the middle of the line. The `local` driver (20.10) leaves the line feed of the
 * last piece of a longer line out: in a piece that goes on, a later time ends it too. Gives frames, so that both kinds are joined alike.
 */
export class TtySplitter {
  /** Bytes of the present piece after its time. */
  private count = 0
  private time = -1n
  private within = false
  /** The piece continues the one before: it has its time. */
  private continued = false
  /** What can't be judged without what follows. */
  private held = new Uint8Array(0)

  push(chunk: Uint8Array): Frame[] {
    return this.split(this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk, false)
  }

  /** The rest; throws ENGINE_PROTOCOL when the log ends within a time. */
  end(): Frame[] {
    return this.split(this.held, true)
  }

  private split(bytes: Uint8Array, final: boolean): Frame[] {
    const pieces: Frame[] = []
    let at = 0
    while (at < bytes.length) {
      const from = this.within ? at : this.begin(bytes, at)
      if (from === undefined) {
        if (final) throw garbage('a log that ends within a time')
        break
      }
      const end = this.endOf(bytes, from, final)
      if (end > at) pieces.push({ stream: 'stdout', bytes: bytes.subarray(at, end), start: from > at })
      else if (this.within) break
      at = end
    }
    // a copy, which the slice() of a Buffer is not
    this.held = new Uint8Array(bytes.subarray(at))
    return pieces
  }

  /** Takes the time at the head of a piece; undefined when it is not whole yet. */
  private begin(bytes: Uint8Array, at: number): number | undefined {
    const left = bytes.length - at
    // 29 is where the zone stands: Z, or an offset that takes five bytes more
    if (left < MIN_STAMP || (left < MAX_STAMP && bytes[at + 29] !== 0x5a)) return undefined
    const stamp = readStamp(bytes, at)
    if (!stamp) throw garbage('a piece of log without its time')
    this.continued = stamp.time === this.time && this.count === PIECE
    this.time = stamp.time
    this.count = 0
    this.within = true
    return at + stamp.length
  }

  private endOf(bytes: Uint8Array, from: number, final: boolean): number {
    const full = from + PIECE - this.count
    const feed = bytes.subarray(from, full).indexOf(LF)
    const ended = feed >= 0
    const limit = ended ? from + feed + 1 : Math.min(bytes.length, full)
    const next = this.continued ? laterStamp(bytes, { from, to: limit, time: this.time }) : -1
    // what may be the beginning of a time waits for its rest; no line is told before its end anyway
    const sure = this.continued && !ended && !final ? Math.max(from, Math.min(limit, bytes.length - MAX_STAMP)) : limit
    const end = next >= 0 ? next : sure
    this.count += end - from
    this.within = next < 0 && !(ended && end === limit) && this.count < PIECE
    return end
  }
}

/** Where a later time starts; times in the text of a line are as a rule earlier than the line's own. */
function laterStamp(bytes: Uint8Array, range: { from: number; to: number; time: bigint }): number {
  const { from, to, time } = range
  for (let at = bytes.indexOf(BLANK, from + MIN_STAMP - 1); at >= 0 && at < to + MAX_STAMP; at = bytes.indexOf(BLANK, at + 1)) {
    for (const length of [MIN_STAMP, MAX_STAMP]) {
      const start = at + 1 - length
      if (start < from || start >= to) continue
      const stamp = readStamp(bytes, start)
      if (stamp?.length === length && stamp.time > time) return start
    }
  }
  return -1
}
