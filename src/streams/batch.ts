/** Largest event, but for a single frame that is larger. */
const EVENT_BYTES = 65_536
const EVENT_FRAMES = 100
/** Names, numbers and framing of one frame. */
const FRAME_OVERHEAD = 32

/** Frames on their way into one `stream:data` event: fewer, larger events cost client and server a fraction. */
export class Batch {
  private frames: object[] = []
  private bytes = 0

  get isEmpty(): boolean {
    return this.frames.length === 0
  }

  /** True: there is no room for this frame; take what is there first. */
  isFullFor(frame: object): boolean {
    return this.frames.length > 0 && (this.frames.length >= EVENT_FRAMES || this.bytes + sizeOf(frame) > EVENT_BYTES)
  }

  add(frame: object): void {
    this.frames.push(frame)
    this.bytes += sizeOf(frame)
  }

  /** What was collected, with the bytes that it uses up of the window. */
  take(): { frames: object[]; bytes: number } {
    const { frames, bytes } = this
    this.frames = []
    this.bytes = 0
    return { frames, bytes }
  }
}

/** What a frame weighs: its texts and bytes, and a bit for the rest. */
export function sizeOf(frame: object): number {
  let size = FRAME_OVERHEAD
  for (const value of Object.values(frame) as unknown[]) {
    if (typeof value === 'string') size += Buffer.byteLength(value)
    else if (value instanceof Uint8Array) size += value.byteLength
    else if (typeof value === 'object' && value !== null) size += sizeOf(value)
  }
  return size
}
