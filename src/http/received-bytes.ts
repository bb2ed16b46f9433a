import type { IncomingMessage } from 'node:http'
import { collectYoung } from '../common/collector.js'
import { AppError } from '../common/errors.js'

/** A client that sends nothing for so long holds a call of the engine for nothing (ms). */
const SILENCE_MS = 60_000

/** Bytes of all bodies after which their buffers are collected. */
const COLLECT_EVERY = 4 * 1_048_576
let uncollected = 0

/** What a client sends, as it comes; who does not read makes it wait. Stopping early leaves the connection open for the answer. */
export async function* receivedBytes(
  body: IncomingMessage | undefined,
  signal: AbortSignal,
  silenceMs = SILENCE_MS,
): AsyncGenerator<Uint8Array> {
  if (!body) return
  using arrival = new Arrival(body, signal, silenceMs)
  for (;;) {
    signal.throwIfAborted()
    // by hand: Node's iterator with a timer and a signal for each read took a tenth of a second more for a gigabyte
    const chunk = body.destroyed ? null : (body.read() as Buffer | null)
    if (chunk !== null) {
      received(chunk.length)
      yield chunk
    } else if (body.readableEnded && body.complete) return
    else if (body.readableEnded || body.destroyed) throw new AppError('CLIENT_GONE', {}, { cause: body.errored })
    else await arrival.next()
  }
}

/** Listens once for a whole body, not for each of its pieces. */
class Arrival implements Disposable {
  private waiting: PromiseWithResolvers<void> | undefined
  private readonly timer: NodeJS.Timeout
  private readonly something = (): void => this.waiting?.resolve()
  private static readonly EVENTS = ['readable', 'end', 'close', 'error'] as const

  constructor(
    private readonly body: IncomingMessage,
    private readonly signal: AbortSignal,
    silenceMs: number,
  ) {
    for (const event of Arrival.EVENTS) body.on(event, this.something)
    signal.addEventListener('abort', this.something, { once: true })
    // while nobody reads, it ends nothing
    this.timer = setTimeout(() => this.waiting?.reject(new AppError('REQUEST_TIMEOUT')), silenceMs)
  }

  /** Resolves when it is worth to look again. @throws AppError REQUEST_TIMEOUT */
  async next(): Promise<void> {
    this.waiting = Promise.withResolvers()
    this.timer.refresh()
    await this.waiting.promise
    this.waiting = undefined
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer)
    this.signal.removeEventListener('abort', this.something)
    for (const event of Arrival.EVENTS) this.body.off(event, this.something)
    // a failure that comes later is nobody's any more
    this.body.on('error', () => undefined)
  }
}

/**
 * Node makes a buffer of each piece. They are little to V8, which looks at them when 64 MiB have come together, and then at the
 * whole heap with them: that took three quarters of the cpu of an upload (measured). They die young, so it is cheap to look at
 * the young ones alone, before. Long before: V8 begins with the whole heap as soon as what is not collected is a tenth of it
 * (its least growth, which it comes down to in a process that has run for a while). With 16 MiB an upload took two to three times the cpu in one process, and not in the next.
 */
function received(bytes: number): void {
  uncollected += bytes
  if (uncollected < COLLECT_EVERY) return
  uncollected = 0
  collectYoung()
}
