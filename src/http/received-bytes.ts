import type { IncomingMessage } from 'node:http'
import { collectYoung } from '../common/collector.js'
import { AppError } from '../common/errors.js'

/** A client that sends nothing for so long holds a call of the engine for nothing (ms). */
const SILENCE_MS = 60_000

/** Bytes of all bodies after which their buffers are collected. */
const COLLECT_EVERY = 2 * 1_048_576
let uncollected = 0

/** What a client sends, as it comes; who does not read makes it wait. Stopping early leaves the connection open for the answer. */
export async function* receivedBytes(
  body: IncomingMessage | undefined,
  signal: AbortSignal,
  silenceMs = SILENCE_MS,
): AsyncGenerator<Uint8Array> {
  if (!body) return
  const source = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>
  try {
    for (;;) {
      const turn = await inTime(source.next(), signal, silenceMs)
      if (turn.done) break
      received(turn.value.length)
      yield turn.value
    }
    if (!body.complete) throw new AppError('CLIENT_GONE')
  } catch (error) {
    if (error instanceof AppError) throw error
    throw signal.aborted ? (signal.reason as Error) : new AppError('CLIENT_GONE', {}, { cause: error })
  } finally {
    // not awaited: it would wait behind a read that never ends
    void source.return?.().catch(() => undefined)
  }
}

/**
 * Node makes a buffer of each piece. They are little to V8, which looks at them when 64 MiB have come together, and then at the
 * whole heap with them: that took three quarters of the cpu of an upload (measured). They die young, so it is cheap to look at
 * the young ones alone, before. Long before: V8 begins with the whole heap as soon as what is not collected is a tenth of it
 * (its least growth, which it comes down to in a process that has run for a while), and what was found to be dead counts until
 * the next time. With 16 MiB an upload took two to three times the cpu in one process, and not in the next.
 */
function received(bytes: number): void {
  uncollected += bytes
  if (uncollected < COLLECT_EVERY) return
  uncollected = 0
  collectYoung()
}

/** One read, ended by the signal or by silence; the pending read is then left to itself. */
async function inTime<T>(read: Promise<T>, signal: AbortSignal, silenceMs: number): Promise<T> {
  // first: it may fail with nobody waiting for it
  read.catch(() => undefined)
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  const timer = setTimeout(() => reject(new AppError('REQUEST_TIMEOUT')), silenceMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([read, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
