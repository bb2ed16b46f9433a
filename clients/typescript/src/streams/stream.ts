import type { Socket } from 'socket.io-client'
import type {
  ClientToServerEvents,
  PlainAck,
  ServerToClientEvents,
  StreamData,
  StreamEnd,
  StreamGap,
  StreamOpened,
  StreamProblem,
  StreamSourceChanged,
} from '../generated/protocol.js'
import { BerthError, type ProblemDetails } from '../error.js'
import type { GapRecord, SourceRecord } from './kinds.js'

export type StreamSocket = Socket<ServerToClientEvents, ClientToServerEvents>

/** What came and was not read yet; its bytes are given back when the last of its records was taken. */
interface Arrived<R> {
  readonly records: readonly R[]
  readonly bytes: number
  readonly streamId: string
}

/** The connection was lost, and this stream can't be resumed. */
export class ConnectionLost extends Error {
  constructor() {
    super('the connection was lost')
    this.name = 'ConnectionLost'
  }
}

/**
 * One open stream. Iterate over it once: reading is what gives credit back, so a reader that stops stops the gateway and
 * the engine behind it, and nobody else. Ends with the stream; throws a BerthError where it was cut or failed.
 */
export class Stream<R> implements AsyncIterable<R | GapRecord | SourceRecord> {
  /** How it ended. Rejects with ConnectionLost. */
  readonly ended: Promise<StreamEnd>
  private readonly arrived: Arrived<R | GapRecord | SourceRecord>[] = []
  private readonly settled = Promise.withResolvers<StreamEnd>()
  private wake: () => void = () => undefined
  private over: { end: StreamEnd } | { error: unknown } | null = null

  constructor(
    protected readonly socket: StreamSocket,
    /** The gateway's answer to the opening. */
    public opened: StreamOpened,
  ) {
    this.ended = this.settled.promise
    // whoever only iterates hears of it there
    this.ended.catch(() => undefined)
  }

  get streamId(): string {
    return this.opened.streamId
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R | GapRecord | SourceRecord, void, undefined> {
    try {
      for (;;) {
        const next = this.arrived.shift()
        if (next) {
          yield* next.records
          if (next.bytes > 0 && next.streamId === this.streamId)
            this.socket.emit('stream:credit', { streamId: next.streamId, bytes: next.bytes })
        } else if (this.over) {
          if ('error' in this.over) throw this.over.error
          if (this.over.end.error && this.over.end.reason !== 'server_stopping') throw problemError(this.over.end.error)
          return
        } else await new Promise<void>((wake) => (this.wake = wake))
      }
    } finally {
      // leaving the loop early closes it
      if (!this.over) await this.close()
    }
  }

  /** Ends it; what it runs on the engine is freed when this resolves. */
  async close(): Promise<void> {
    if (this.over || !this.socket.connected) return this.finish({ streamId: this.streamId, reason: 'closed' })
    await this.ask('stream:close', {}).catch((error: unknown) => {
      // it ended by itself at the same moment, or the connection that it was opened on is gone
      if (!(error instanceof BerthError && error.code === 'stream_not_found')) throw error
      this.finish({ streamId: this.streamId, reason: 'closed' })
    })
  }

  /** @internal */
  data({ frames, bytes }: StreamData): void {
    this.push({ records: frames as readonly R[], bytes, streamId: this.streamId })
  }

  /** @internal */
  gap({ streamId: _streamId, ...gap }: StreamGap): void {
    this.push({ records: [{ type: 'gap', ...gap }], bytes: 0, streamId: this.streamId })
  }

  /** @internal */
  source({ streamId: _streamId, ...source }: StreamSourceChanged): void {
    this.push({ records: [{ type: 'source', ...source }], bytes: 0, streamId: this.streamId })
  }

  /** @internal */
  finish(end: StreamEnd): void {
    this.over ??= { end }
    this.settled.resolve(end)
    this.wake()
  }

  /** @internal */
  fail(error: unknown): void {
    this.over ??= { error }
    this.settled.reject(error)
    this.wake()
  }

  /** @internal The connection is gone; answers true when the stream will be opened again. */
  disconnected(): boolean {
    this.fail(new ConnectionLost())
    return false
  }

  /** @internal It goes on with a gateway that has started anew. */
  get outlivesGateway(): boolean {
    return false
  }

  /** @internal What it must be opened with again. */
  resumeParams(): object | null {
    return null
  }

  /** @internal */
  get isOver(): boolean {
    return this.over !== null
  }

  protected async ask(event: 'stream:close' | 'stream:input' | 'stream:resize', fields: object): Promise<void> {
    const message = { streamId: this.streamId, ...fields } as never
    const answer = await new Promise<PlainAck>((resolve, reject) => {
      const lost = (): void => reject(new ConnectionLost())
      this.socket.once('disconnect', lost)
      this.socket.emit(event, message, (ack: PlainAck) => {
        this.socket.off('disconnect', lost)
        resolve(ack)
      })
    })
    if (!answer.ok) throw problemError(answer.error)
  }

  private push(arrived: Arrived<R | GapRecord | SourceRecord>): void {
    this.arrived.push(arrived)
    this.wake()
  }
}

/** The problem of an ack or an end, as it would be thrown by a REST call. */
export function problemError(problem: StreamProblem): BerthError {
  return new BerthError(problem as ProblemDetails)
}
