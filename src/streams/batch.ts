/** Largest event, but for a single frame that is larger. */
const EVENT_BYTES = 65_536
const EVENT_FRAMES = 100
/** socket.io's own client ends the connection at an event with more than ten binary parts ("too many attachments": measured). */
const EVENT_BINARIES = 10
/** Names, numbers and framing of one frame. */
const FRAME_OVERHEAD = 32

interface Weight {
  bytes: number
  binaries: number
}

/** Frames on their way into one `stream:data` event: fewer, larger events cost client and server a fraction. */
export class Batch {
  private frames: object[] = []
  private weight: Weight = { bytes: 0, binaries: 0 }

  get isEmpty(): boolean {
    return this.frames.length === 0
  }

  /** False: there is no room for this frame; take what is there first. An empty batch has room for any. */
  add(frame: object): boolean {
    const { frames, weight } = this
    const { bytes, binaries } = weigh(frame)
    const isFull = frames.length >= EVENT_FRAMES || weight.bytes + bytes > EVENT_BYTES || weight.binaries + binaries > EVENT_BINARIES
    if (isFull && frames.length > 0) return false
    frames.push(frame)
    weight.bytes += bytes
    weight.binaries += binaries
    return true
  }

  /** What was collected, with the bytes that it uses up of the window. */
  take(): { frames: object[]; bytes: number } {
    const { frames, weight } = this
    this.frames = []
    this.weight = { bytes: 0, binaries: 0 }
    return { frames, bytes: weight.bytes }
  }
}

/** What a frame weighs: its texts and bytes, and a bit for the rest. */
function weigh(frame: object, weight: Weight = { bytes: 0, binaries: 0 }): Weight {
  weight.bytes += FRAME_OVERHEAD
  for (const value of Object.values(frame) as unknown[]) {
    if (typeof value === 'string') weight.bytes += Buffer.byteLength(value)
    else if (value instanceof Uint8Array) {
      weight.bytes += value.byteLength
      weight.binaries += 1
    } else if (typeof value === 'object' && value !== null) weigh(value, weight)
  }
  return weight
}
