import { Logger } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, toProblem } from '../common/errors.js'
import { Batch } from './batch.js'
import type { ServerToClientEvents, StreamEnd } from './protocol.js'
import type { OpenStream, StreamItem } from './source.js'
import type { Window } from './window.js'

/** How long frames wait for company, where their source does not say. */
const LINGER_MS = 5
/** What a source may take to free its upstream; after that it is left to its signal. */
const FREE_MS = 2_000
/** Input that was accepted but not taken by the process yet. */
const MOST_INPUT = 4 * 1_048_576
/** What a message of input counts beside its bytes: one without any waits too. */
const INPUT_OVERHEAD = 1_024

type Outbound = keyof ServerToClientEvents
export type Emit = <E extends Outbound>(event: E, ...message: Parameters<ServerToClientEvents[E]>) => void

export interface SessionParts {
  readonly emit: Emit
  readonly window: Window
  readonly requestId: string
}

/** One open stream: pulls its source while the reader has room, sends what comes, and ends once. */
export class StreamSession {
  readonly id = randomUUID()
  /** Settles when the upstream is free. */
  readonly freed: Promise<void>
  private readonly logger = new Logger('streams')
  private readonly aborting = new AbortController()
  private readonly batch = new Batch()
  private readonly done = Promise.withResolvers<void>()
  private seq = 0
  /** Set once: how it ended; without content where the client was gone. */
  ended: Omit<StreamEnd, 'streamId'> | undefined
  /** The client left without a word. */
  private gone = false
  private opened: OpenStream | undefined
  private timer: NodeJS.Timeout | undefined
  private sentAt = -Infinity
  private input = Promise.resolve()
  private inputWeight = 0

  constructor(private readonly parts: SessionParts) {
    this.freed = this.done.promise
  }

  get signal(): AbortSignal {
    return this.aborting.signal
  }

  /** Begins to send. A session that was ended while its source opened frees it at once. */
  start(opened: OpenStream): void {
    this.opened = opened
    if (this.ended) void this.free(this.gone ? 'gone' : this.ended.reason)
    else void this.pump(opened)
  }

  /** The source could not be opened: nothing to free, nothing to tell beside the ack. */
  abandon(): void {
    this.ended ??= { reason: 'failed' }
    this.parts.window.close()
    this.aborting.abort()
    this.done.resolve()
  }

  credit(bytes: number): void {
    this.parts.window.give(bytes)
    this.goOn()
  }

  /** The connection has room again. */
  drained(): void {
    this.parts.window.look()
    this.goOn()
  }

  /** Bytes for the process, in the order of the calls. @throws AppError when the kind takes none, or too much is waiting. */
  async write(data: Uint8Array, end: boolean): Promise<void> {
    const { opened } = this
    if (!opened?.input) throw new AppError('INVALID_REQUEST', { reason: 'this stream takes no input' })
    const weight = data.length + INPUT_OVERHEAD
    if (this.inputWeight + weight > MOST_INPUT) throw new AppError('RATE_LIMITED', { retryAfter: 1 })
    this.inputWeight += weight
    const turn = this.input.then(async () => {
      if (this.ended) throw new AppError('STREAM_NOT_FOUND')
      // what it makes the process say waits for no company, however fast somebody types
      this.sentAt = -Infinity
      if (data.length > 0) await opened.input!(data)
      if (end) await opened.endInput?.()
    })
    this.input = turn.catch(() => undefined)
    await turn.finally(() => (this.inputWeight -= weight))
  }

  async resize(size: { rows: number; cols: number }): Promise<void> {
    if (!this.opened?.resize) throw new AppError('INVALID_REQUEST', { reason: 'this stream has no terminal' })
    await this.opened.resize(size)
  }

  /** Ends it, once; tells the client unless it is gone. Resolves when the upstream is free. */
  finish(end: Omit<StreamEnd, 'streamId'> | null): Promise<void> {
    if (this.ended) return this.freed
    this.ended = end ?? { reason: 'closed' }
    this.gone = end === null
    clearTimeout(this.timer)
    this.parts.window.close()
    // one whose source is still being opened learns it from the ack
    if (end && this.opened) this.parts.emit('stream:end', { streamId: this.id, ...end })
    this.aborting.abort()
    void this.free(end?.reason ?? 'gone')
    return this.freed
  }

  private async pump({ output }: OpenStream): Promise<void> {
    const { window } = this.parts
    try {
      for (;;) {
        await window.opened()
        if (this.ended) return
        const turn = await output.next()
        if (this.ended) return
        if (turn.done === true) {
          await this.flush()
          await this.finish(turn.value ?? { reason: 'ended' })
          return
        }
        await this.send(turn.value)
      }
    } catch (error) {
      await this.fail(error)
    }
  }

  private async fail(error: unknown): Promise<void> {
    if (this.ended) return
    const { requestId } = this.parts
    const problem = toProblem(error, requestId)
    if (problem.status >= 500)
      this.logger.error(
        { err: error instanceof AppError ? (error.cause ?? error) : error, requestId, code: problem.code },
        'a stream failed',
      )
    await this.flush()
    await this.finish({ reason: 'failed', error: problem })
  }

  private async send(item: StreamItem): Promise<void> {
    if ('frames' in item) {
      for (const frame of item.frames) {
        if (this.batch.add(frame)) continue
        await this.flush()
        this.batch.add(frame)
      }
      this.linger()
      return
    }
    // in the order of the records around it
    await this.flush()
    if (this.ended) return
    if ('gap' in item) this.parts.emit('stream:gap', { streamId: this.id, ...item.gap })
    else this.parts.emit('stream:source', { streamId: this.id, ...item.source })
  }

  /** What waits in the batch must not wait for the source, which may be quiet from now on. */
  private goOn(): void {
    if (!this.batch.isEmpty) this.linger()
  }

  /** The first frames after a pause go at once: a key's echo waits for nobody. */
  private linger(): void {
    if (this.timer) return
    const rest = this.sentAt + (this.opened?.lingerMs ?? LINGER_MS) - performance.now()
    if (rest <= 0 && this.parts.window.isOpen) return this.sendBatch()
    this.timer = setTimeout(
      () => {
        this.timer = undefined
        if (this.parts.window.isOpen) this.sendBatch()
      },
      Math.max(rest, 0),
    )
  }

  private async flush(): Promise<void> {
    if (this.batch.isEmpty) return
    await this.parts.window.opened()
    this.sendBatch()
  }

  private sendBatch(): void {
    if (this.batch.isEmpty || this.ended) return
    clearTimeout(this.timer)
    this.timer = undefined
    const { frames, bytes } = this.batch.take()
    this.sentAt = performance.now()
    this.parts.window.take(bytes)
    this.parts.emit('stream:data', { streamId: this.id, seq: ++this.seq, frames, bytes })
  }

  private async free(reason: string): Promise<void> {
    const { opened } = this
    const freeing = async (): Promise<void> => {
      await opened?.close?.(reason)
      await opened?.output.return()
    }
    const failed = (error: unknown): void =>
      this.logger.warn({ err: error, requestId: this.parts.requestId }, 'a stream could not free its upstream')
    await Promise.race([freeing().catch(failed), delay(FREE_MS, undefined, { ref: false })])
    this.done.resolve()
  }
}
