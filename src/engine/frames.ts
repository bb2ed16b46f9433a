import { AppError } from '../common/errors.js'
import { transform } from './flow.js'

export type OutputStream = 'stdout' | 'stderr'

/** Bytes of one output stream, in the engine's order. */
export interface Frame {
  readonly stream: OutputStream
  readonly bytes: Uint8Array
  /** False for the further parts of an engine frame that is larger than MAX_PART. */
  readonly start: boolean
}

/** No more than this of one frame is ever held; larger frames come in parts. */
export const MAX_PART = 65_536
const HEADER = 8

/**
 * Takes the engine's multiplexed output apart (engine API, ContainerAttach, "Stream format": a byte for the stream,
 * three zeros, four bytes of length big-endian). Synchronous and bounded: at most one part is held.
 */
export class FrameDecoder {
  private readonly header = new Uint8Array(HEADER)
  private headerFill = 0
  private stream: OutputStream = 'stdout'
  /** Bytes of the present frame that have not come yet. */
  private missing = 0
  private start = true
  private part = new Uint8Array(0)
  private partFill = 0

  /** The frames that are complete with this chunk. Small ones are views into the chunk: use them before it is re-used. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    while (at < chunk.length) at = this.missing === 0 ? this.readHeader(chunk, at, frames) : this.readPayload(chunk, at, frames)
    return frames
  }

  /** Throws ENGINE_UNAVAILABLE when the stream was cut within a frame; nothing is left otherwise. */
  end(): Frame[] {
    if (this.headerFill > 0 || this.missing > 0) throw new AppError('ENGINE_UNAVAILABLE', {}, { cause: 'the stream ended within a frame' })
    return []
  }

  private readHeader(chunk: Uint8Array, at: number, frames: Frame[]): number {
    const taken = Math.min(HEADER - this.headerFill, chunk.length - at)
    this.header.set(chunk.subarray(at, at + taken), this.headerFill)
    this.headerFill += taken
    if (this.headerFill < HEADER) return at + taken
    this.headerFill = 0
    this.stream = streamOf(this.header)
    this.missing = new DataView(this.header.buffer).getUint32(4)
    this.start = true
    this.partFill = 0
    if (this.missing === 0) frames.push({ stream: this.stream, bytes: new Uint8Array(0), start: true })
    return at + taken
  }

  private readPayload(chunk: Uint8Array, at: number, frames: Frame[]): number {
    const goal = Math.min(this.partFill + this.missing, MAX_PART)
    const taken = Math.min(goal - this.partFill, chunk.length - at)
    const bytes = chunk.subarray(at, at + taken)
    this.missing -= taken
    if (this.partFill === 0 && taken === goal) {
      this.emit(bytes, frames)
      return at + taken
    }
    if (this.partFill === 0) this.part = new Uint8Array(goal)
    this.part.set(bytes, this.partFill)
    this.partFill += taken
    if (this.partFill === goal) this.emit(this.part, frames)
    return at + taken
  }

  private emit(bytes: Uint8Array, frames: Frame[]): void {
    frames.push({ stream: this.stream, bytes, start: this.start })
    this.start = false
    this.partFill = 0
  }
}

/** The same over a stream; nothing is read before it is asked for. */
export function demultiplex(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new FrameDecoder()
  return transform(raw, { step: (chunk) => decoder.push(chunk), finish: () => decoder.end() })
}

/** A TTY's output has no frames: all of it is stdout. */
export function unframed(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  return transform<Uint8Array, Frame>(raw, { step: (bytes) => [{ stream: 'stdout', bytes, start: true }], finish: () => [] })
}

function streamOf(header: Uint8Array): OutputStream {
  // 0 is stdin echoed back, which the engine's own client writes to stdout (moby pkg/stdcopy)
  if (header[1] === 0 && header[2] === 0 && header[3] === 0) {
    if (header[0] === 0 || header[0] === 1) return 'stdout'
    if (header[0] === 2) return 'stderr'
  }
  throw new AppError('ENGINE_PROTOCOL', {}, { cause: `not a frame header: ${Buffer.from(header).toString('hex')}` })
}
