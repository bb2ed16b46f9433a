import { garbage } from './answer-shape.js'
import type { OutputStream } from './frames.js'
import { readStamp } from './log-time.js'

/** A line of a container's log, or a part of one. */
export interface LogLine {
  readonly stream: OutputStream
  /** Unix nanoseconds of its first piece. */
  readonly time: bigint
  /** Counts the lines (and parts) of this stream that have this time, from 1. `[time, n]` is the cursor after it. */
  readonly n: number
  /** Without the line feed; never decoded. A view into what was read: copy what is kept for long. */
  readonly bytes: Uint8Array
  /**
   * `line`: complete. `part`: MAX_LINE bytes of a longer line, the next of the same stream goes on.
   * `cut`: the log ends here without a line feed; it may be the beginning of a line that is still being written,
   * so a cursor must not count it while the container runs. (The `local` driver of 20.10 leaves out the line feed of lines
   * over 16 KiB: they are told when the next line of their stream comes, the last one as `cut`.)
   */
  readonly end: 'line' | 'part' | 'cut'
}

/** Bytes of a log: a whole engine frame, or a further part of one when `start` is false. */
interface Piece {
  readonly stream: OutputStream
  readonly bytes: Uint8Array
  readonly start: boolean
}

/** A longer line comes in parts. */
export const MAX_LINE = 1_048_576
const LF = 10

/** Joins the engine's stamped pieces to lines, each stream by itself. */
export class LineJoiner {
  private readonly open = { stdout: new OpenLine('stdout'), stderr: new OpenLine('stderr') }

  push(pieces: readonly Piece[]): LogLine[] {
    const lines: LogLine[] = []
    for (const piece of pieces) this.open[piece.stream].take(piece, lines)
    return lines
  }

  /** What is left when the log ends. */
  finish(): LogLine[] {
    const lines: LogLine[] = []
    this.open.stdout.cut(lines)
    this.open.stderr.cut(lines)
    return lines
  }
}

/** The line of one stream that has no line feed yet. */
class OpenLine {
  private parts: Uint8Array[] = []
  private size = 0
  private time = -1n
  private n = 0
  /** A line is open: it has a time, perhaps no bytes yet. */
  private begun = false

  constructor(private readonly stream: OutputStream) {}

  take(piece: Piece, lines: LogLine[]): void {
    let { bytes } = piece
    if (piece.start) {
      const stamp = readStamp(bytes, 0)
      if (!stamp) throw garbage('a piece of log without its time')
      // a line that ended without a line feed: its process was gone before the next piece
      if (this.begun && stamp.time !== this.time) this.emit('line', lines)
      if (!this.begun) this.begin(stamp.time)
      bytes = bytes.subarray(stamp.length)
    }
    this.add(bytes, lines)
  }

  cut(lines: LogLine[]): void {
    if (this.begun && this.size > 0) this.emit('cut', lines)
  }

  private begin(time: bigint): void {
    if (time !== this.time) this.n = 0
    this.time = time
    this.begun = true
  }

  private add(bytes: Uint8Array, lines: LogLine[]): void {
    const ended = bytes.length > 0 && bytes[bytes.length - 1] === LF
    let rest = ended ? bytes.subarray(0, -1) : bytes
    while (this.size + rest.length > MAX_LINE) {
      const room = MAX_LINE - this.size
      this.hold(rest.subarray(0, room))
      rest = rest.subarray(room)
      this.emit('part', lines)
      this.begun = true
    }
    if (ended && this.size === 0) this.emit('line', lines, rest)
    else {
      this.hold(rest)
      if (ended) this.emit('line', lines)
    }
  }

  private hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    // a copy: the chunk that it is a view of is used again, and an open line may stay for hours. The slice() of a Buffer is none
    this.parts.push(new Uint8Array(bytes))
    this.size += bytes.length
  }

  private emit(end: LogLine['end'], lines: LogLine[], whole?: Uint8Array): void {
    const bytes = whole ?? (this.parts.length === 1 ? this.parts[0] : undefined) ?? Buffer.concat(this.parts)
    this.n += 1
    lines.push({ stream: this.stream, time: this.time, n: this.n, bytes, end })
    this.parts = []
    this.size = 0
    this.begun = false
  }
}
