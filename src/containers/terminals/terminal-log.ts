import type { OutputStream } from '../../engine/index.js'

/** Bytes that are kept for those who come back. */
export const KEPT_BYTES = 1_048_576
const FIRST_BYTES = 16_384
/** Changes between stdout and stderr that are kept. */
const MOST_SEGMENTS = 8_192

/** Bytes of one output stream, from an offset on; offsets count the bytes of both streams together. */
export interface Stretch {
  readonly stream: OutputStream
  readonly bytes: Buffer
}

interface Segment {
  readonly at: number
  readonly stream: OutputStream
}

/** The last megabyte of a terminal's output, read by offset. It takes as much memory as was written, up to that. */
export class TerminalLog {
  /** Offset of the oldest byte that is kept. */
  first = 0
  /** Offset of the byte that comes next. */
  next = 0
  private kept = Buffer.alloc(0)
  private segments: Segment[] = []

  write(stream: OutputStream, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    // of more than is kept only the end stays
    const skipped = Math.max(0, bytes.length - KEPT_BYTES)
    this.reserve(this.next + bytes.length - this.first)
    if (this.segments.at(-1)?.stream !== stream) this.segments.push({ at: this.next, stream })
    this.next += skipped
    for (let rest = bytes.subarray(skipped); rest.length > 0;) {
      const place = this.next % this.kept.length
      const part = rest.subarray(0, this.kept.length - place)
      this.kept.set(part, place)
      this.next += part.length
      rest = rest.subarray(part.length)
    }
    this.first = Math.max(this.first, this.next - KEPT_BYTES)
    this.tidy()
  }

  /** What stands at the offset, of one stream and at most so much; null: nothing yet. It must not be before `first`. */
  read(from: number, most: number): Stretch | null {
    if (from >= this.next) return null
    const index = this.segments.findLastIndex(({ at }) => at <= from)
    const { stream } = this.segments[index]!
    const end = Math.min(this.segments[index + 1]?.at ?? this.next, from + most)
    const place = from % this.kept.length
    // a copy: the place is written over while the reader's packet waits
    return { stream, bytes: Buffer.from(this.kept.subarray(place, Math.min(place + end - from, this.kept.length))) }
  }

  /** Grows by doubling, so that a short command costs little; at its full size the oldest bytes are written over. */
  private reserve(size: number): void {
    if (size <= this.kept.length || this.kept.length === KEPT_BYTES) return
    let length = Math.max(FIRST_BYTES, this.kept.length)
    while (length < size && length < KEPT_BYTES) length *= 2
    const grown = Buffer.alloc(length)
    // a byte's place follows from its offset and the length: what lies together here may not there
    for (let at = this.first; at < this.next;) {
      const [from, to] = [at % this.kept.length, at % length]
      const most = Math.min(this.next - at, this.kept.length - from, length - to)
      at += this.kept.copy(grown, to, from, from + most)
    }
    this.kept = grown
  }

  /** Now and then: moving the rest for each write would cost. */
  private tidy(): void {
    const { segments } = this
    if (segments.length > 2 * MOST_SEGMENTS) this.first = Math.max(this.first, segments.at(-MOST_SEGMENTS)!.at)
    const half = segments.length >> 1
    if (segments.length < 64 || segments[half]!.at > this.first) return
    this.segments = segments.slice(segments.findLastIndex(({ at }) => at <= this.first))
  }
}
