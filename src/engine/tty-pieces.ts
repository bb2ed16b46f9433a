import { garbage } from './answer-shape.js'
import type { Frame } from './frames.js'
import { MAX_STAMP, MIN_STAMP, readStamp } from './log-time.js'

/** The engine's copier flushes a line without a line feed at exactly this many bytes (moby daemon/logger/copier.go). */
const PIECE = 16_384
const LF = 10

/**
 * Finds the pieces in a TTY's log, which has no frames: each starts with its time, and ends with a line feed or after exactly
 * 16,384 bytes. There the next time stands in the middle of the line. Gives them as frames, so that both kinds are joined alike.
 */
export class TtySplitter {
  /** Bytes of the present piece after its time. */
  private count = 0
  /** The beginning of a time that was cut by the chunk. */
  private held = new Uint8Array(0)
  private within = false

  push(chunk: Uint8Array): Frame[] {
    const bytes = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : chunk
    this.held = new Uint8Array(0)
    const pieces: Frame[] = []
    let at = 0
    while (at < bytes.length) {
      if (!this.within && !this.stampIsWhole(bytes, at)) {
        this.held = bytes.slice(at)
        break
      }
      at = this.piece(bytes, at, pieces)
    }
    return pieces
  }

  /** Throws ENGINE_PROTOCOL when the log ends within a time. */
  end(): void {
    if (this.held.length > 0) throw garbage('a log that ends within a time')
  }

  private stampIsWhole(bytes: Uint8Array, at: number): boolean {
    const left = bytes.length - at
    // 29 is where the zone stands: Z, or an offset that takes five bytes more
    return left >= MAX_STAMP || (left >= MIN_STAMP && bytes[at + 29] === 0x5a)
  }

  private piece(bytes: Uint8Array, at: number, pieces: Frame[]): number {
    const start = !this.within
    const head = start ? (readStamp(bytes, at)?.length ?? 0) : 0
    if (start) {
      if (head === 0) throw garbage('a piece of log without its time')
      this.count = 0
    }
    const limit = Math.min(bytes.length, at + head + PIECE - this.count)
    const feed = bytes.indexOf(LF, at + head)
    const ended = feed >= 0 && feed < limit
    const end = ended ? feed + 1 : limit
    this.count += end - at - head
    this.within = !ended && this.count < PIECE
    pieces.push({ stream: 'stdout', bytes: bytes.subarray(at, end), start })
    return end
  }
}
