import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { garbage } from './answer-shape.js'
import { type BodyReader, ChunkedBody } from './chunked-body.js'

/** Bytes of a head; dockerd's have a few hundred. */
const MOST_HEAD = 65_536
/** What one read takes at most; the kernel holds about as much of a unix socket. */
export const BULK_BUFFER = 262_144

/** How an answer is read. */
export interface BulkReading {
  /** What one read takes at most (bytes). */
  readonly bufferSize?: number | undefined
  /** How long after a small read more is waited for. An engine that sends each line by itself wakes us for each (measured). */
  readonly gatherMs?: number | undefined
}

/**
 * One answer of HTTP/1.1 whose body is large. Node's own client makes a new buffer for each read, which costs more than all
 * the rest: collecting a gigabyte of them took 3.7 s of cpu in a process with an ordinary heap, and 64 to 130 MiB of memory
 * (measured). Here all of it goes through one buffer, so a chunk is valid until the next is asked for.
 */
export class BulkAnswer {
  status = 0
  readonly headers: Record<string, string> = {}
  private readonly buffer: Buffer
  private readonly gatherMs: number
  private readonly ready = Promise.withResolvers<void>()
  private head = ''
  private body: BodyReader | undefined
  private socket: Socket | undefined
  /** Of the buffer, what nobody has taken yet. */
  private waiting = 0
  private failed: Error | undefined
  private wake: (() => void) | undefined

  /** Options of the connection that this answer is read from. */
  readonly onread: { readonly buffer: Buffer; readonly callback: (size: number) => boolean }

  constructor({ bufferSize = BULK_BUFFER, gatherMs = 0 }: BulkReading = {}) {
    this.gatherMs = gatherMs
    this.buffer = Buffer.allocUnsafeSlow(bufferSize)
    this.onread = { buffer: this.buffer, callback: (size) => this.received(size) }
  }

  /** Resolves when the head is in. */
  opened(socket: Socket): Promise<void> {
    this.socket = socket
    // a reset after the last byte takes nothing away
    socket.on('error', (error) => !this.body?.ended && this.fail(error))
    socket.on('close', () => this.closed())
    return this.ready.promise
  }

  /** The body as it comes; reading pulls. Returning it closes the connection. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.waiting > 0) {
          const size = this.waiting
          this.waiting = 0
          yield this.buffer.subarray(0, size)
          if (this.gatherMs > 0 && size < this.buffer.length / 4 && !this.body!.ended) await delay(this.gatherMs)
          continue
        }
        if (this.failed) throw this.failed
        if (this.body!.ended) return
        await new Promise<void>((resolve) => {
          this.wake = resolve
          this.socket!.resume()
        })
      }
    } finally {
      this.destroy()
    }
  }

  destroy(): void {
    this.socket?.destroy()
  }

  /** False stops the reading: what is in the buffer must be taken first. */
  private received(size: number): boolean {
    try {
      const piece = this.buffer.subarray(0, size)
      const from = this.body ? 0 : this.readHead(piece)
      if (!this.body) return true
      if (from > 0) piece.copyWithin(0, from)
      this.waiting = this.body.take(piece.subarray(0, size - from))
    } catch (error) {
      this.fail(error as Error)
      return false
    }
    if (this.waiting === 0 && !this.body.ended) return true
    this.socket?.pause()
    this.notify()
    return false
  }

  /** How much of the piece belongs to the head. */
  private readHead(piece: Buffer): number {
    const before = this.head.length
    this.head += piece.toString('latin1')
    const end = this.head.indexOf('\r\n\r\n')
    if (end < 0 || end > MOST_HEAD) {
      if (this.head.length > MOST_HEAD) throw garbage('a head without an end')
      return piece.length
    }
    const [line = '', ...fields] = this.head.slice(0, end).split('\r\n')
    this.status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1] ?? Number.NaN)
    if (Number.isNaN(this.status)) throw garbage('an answer that is not http')
    for (const field of fields) this.headers[field.slice(0, field.indexOf(':')).toLowerCase()] = field.slice(field.indexOf(':') + 1).trim()
    this.body = bodyOf(this.headers)
    this.ready.resolve()
    return end + 4 - before
  }

  private fail(error: Error): void {
    this.failed ??= error
    this.ready.reject(this.failed)
    this.socket?.destroy()
    this.notify()
  }

  private closed(): void {
    if (this.body instanceof UntilClose) this.body.ended = true
    if (!this.body?.ended)
      this.fail(Object.assign(new Error('the connection ended within an answer'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
    this.notify()
  }

  private notify(): void {
    this.wake?.()
    this.wake = undefined
  }
}

function bodyOf(headers: Readonly<Record<string, string>>): BodyReader {
  if (/\bchunked$/i.test(headers['transfer-encoding'] ?? '')) return new ChunkedBody()
  const length = headers['content-length']
  if (length === undefined) return new UntilClose()
  if (!/^\d{1,15}$/.test(length)) throw garbage('a length that is none')
  return new KnownLength(Number(length))
}

class KnownLength implements BodyReader {
  private left: number

  constructor(length: number) {
    this.left = length
  }

  get ended(): boolean {
    return this.left === 0
  }

  take(piece: Buffer): number {
    if (piece.length > this.left) throw garbage('more than the length of the answer')
    this.left -= piece.length
    return piece.length
  }
}

class UntilClose implements BodyReader {
  ended = false

  take(piece: Buffer): number {
    return piece.length
  }
}
