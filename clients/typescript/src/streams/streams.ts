import { io } from 'socket.io-client'
import type { OpenAck, StreamData, StreamOpened, StreamProblem } from '../generated/protocol.js'
import { BerthError } from '../error.js'
import { ExecStream } from './exec.js'
import type { AttachParams, ExecParams, LogsParams, StreamKind, StreamKinds } from './kinds.js'
import { LogStream } from './logs.js'
import { ConnectionLost, problemError, Stream, type StreamSocket } from './stream.js'

export interface StreamsOptions {
  /** Address of the gateway. */
  readonly url: string
  /** An access or personal token, or a function that answers one for each connect; never put into the URL. */
  readonly token: string | (() => string | null | Promise<string | null>)
  /** `polling` for networks that let no websocket through. */
  readonly transports?: readonly ('websocket' | 'polling')[]
}

/** Refusals that end by themselves. */
const PASSING = new Set<string>(['engine_unavailable', 'engine_timeout', 'stopping', 'rate_limited'])
const RETRY_MS = 500

/** What a kind opens as. */
export type StreamOf<K extends StreamKind> = K extends 'container.logs'
  ? LogStream
  : K extends 'container.exec' | 'container.attach'
    ? ExecStream
    : Stream<StreamKinds[K]['record']>

/** One connection for any number of streams; it connects again by itself, and logs go on where they were. */
export class Streams {
  readonly socket: StreamSocket
  private readonly open_ = new Map<string, { stream: Stream<unknown>; kind: StreamKind }>()
  private readonly suspended = new Set<{ stream: Stream<unknown>; kind: StreamKind }>()
  /** Data may come before the promise of its opening is read. */
  private readonly early = new Map<string, ((stream: Stream<unknown>) => void)[]>()
  private closing = false
  /** Counts the connections: what an earlier one has begun must not go on in this one. */
  private connects = 0

  constructor(options: StreamsOptions) {
    const { url, token, transports = ['websocket'] } = options
    const auth = (give: (data: object) => void): void => {
      Promise.resolve(typeof token === 'function' ? token() : token).then(
        (value) => give({ token: value }),
        () => give({}),
      )
    }
    this.socket = io(url, { auth, transports: [...transports], forceNew: true, reconnectionDelay: 200, reconnectionDelayMax: 5_000 })
    this.listen()
  }

  /** Resolves when it is connected. @throws BerthError where the gateway refuses. */
  async connected(): Promise<void> {
    if (this.closing) throw new ConnectionLost()
    if (this.socket.connected) return
    await new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve)
      this.socket.on('connect_error', (error) => {
        const problem = problemOf(error)
        if (problem) reject(problemError(problem))
      })
    })
  }

  /** Opens a stream. @throws BerthError with the same codes as over REST. */
  async open<K extends StreamKind>(kind: K, params: StreamKinds[K]['params']): Promise<StreamOf<K>> {
    await this.connected()
    const opened = await this.ask(kind, params)
    const stream = this.make(kind, opened, params)
    this.hold(kind, stream)
    return stream as StreamOf<K>
  }

  /** Lines of one or many containers; resumed after every interruption. */
  logs(params: LogsParams): Promise<LogStream> {
    return this.open('container.logs', params)
  }

  exec(params: ExecParams): Promise<ExecStream> {
    return this.open('container.exec', params)
  }

  /** The main process of a container. */
  attach(params: AttachParams): Promise<ExecStream> {
    return this.open('container.attach', params)
  }

  /** Ends the connection and all its streams. */
  close(): void {
    this.closing = true
    // before they are let go as those of a connection that was lost: whoever iterates over them would wait for ever
    const held = [...this.open_.values(), ...this.suspended]
    this.socket.disconnect()
    for (const { stream } of held) stream.finish({ streamId: stream.streamId, reason: 'closed' })
    this.open_.clear()
    this.suspended.clear()
  }

  private make(kind: StreamKind, opened: StreamOpened, params: object): Stream<unknown> {
    if (kind === 'container.logs') return new LogStream(this.socket, opened, params as LogsParams)
    if (kind === 'container.exec' || kind === 'container.attach')
      return new ExecStream(this.socket, opened, (params as { detachKeys?: string }).detachKeys)
    return new Stream(this.socket, opened)
  }

  private ask(kind: StreamKind, params: object): Promise<StreamOpened> {
    return new Promise((resolve, reject) => {
      const lost = (): void => reject(new ConnectionLost())
      this.socket.once('disconnect', lost)
      this.socket.emit('stream:open', { kind, params }, (ack: OpenAck) => {
        this.socket.off('disconnect', lost)
        if (ack.ok) {
          this.early.set(ack.streamId, [])
          resolve(ack)
        } else reject(problemError(ack.error))
      })
    })
  }

  private hold(kind: StreamKind, stream: Stream<unknown>): void {
    this.open_.set(stream.streamId, { stream, kind })
    const waiting = this.early.get(stream.streamId) ?? []
    this.early.delete(stream.streamId)
    for (const deliver of waiting) deliver(stream)
  }

  private listen(): void {
    const { socket } = this
    socket.on('stream:data', (message: StreamData) => this.deliver(message.streamId, (stream) => stream.data(message)))
    socket.on('stream:gap', (message) => this.deliver(message.streamId, (stream) => stream.gap(message)))
    socket.on('stream:source', (message) => this.deliver(message.streamId, (stream) => stream.source(message)))
    socket.on('stream:end', (message) =>
      this.deliver(message.streamId, (stream) => {
        // a gateway that restarts will have us again
        if (message.reason === 'server_stopping' && stream.outlivesGateway) return
        this.open_.delete(message.streamId)
        stream.finish(message)
      }),
    )
    socket.on('connect', () => void this.resumeAll(++this.connects))
    socket.on('disconnect', () => {
      this.suspendAll()
      this.reconnect()
    })
    socket.on('connect_error', (error) => {
      const problem = problemOf(error)
      if (problem && !PASSING.has(problem.code)) this.giveUp(problemError(problem))
      else this.reconnect()
    })
  }

  private deliver(streamId: string, deliver: (stream: Stream<unknown>) => void): void {
    const held = this.open_.get(streamId)
    if (held) deliver(held.stream)
    else this.early.get(streamId)?.push(deliver)
  }

  /** socket.io does not try again where the server itself has ended or refused the connection. */
  private reconnect(): void {
    if (!this.closing && !this.socket.active) setTimeout(() => !this.closing && this.socket.connect(), RETRY_MS)
  }

  private suspendAll(): void {
    for (const [id, held] of this.open_) {
      this.open_.delete(id)
      if (!this.closing && held.stream.disconnected()) this.suspended.add(held)
    }
    this.early.clear()
  }

  private async resumeAll(connect: number): Promise<void> {
    await Promise.all([...this.suspended].map((held) => this.resume(held, connect)))
  }

  private async resume(held: { stream: Stream<unknown>; kind: StreamKind }, connect: number): Promise<void> {
    const { stream, kind } = held
    // one that waits to try again while the connection is lost and made anew would open it twice, and every line would come twice
    while (this.suspended.has(held) && this.socket.connected && connect === this.connects) {
      // its reader has left it meanwhile
      if (stream.isOver) return void this.suspended.delete(held)
      try {
        const opened = await this.ask(kind, stream.resumeParams()!)
        this.suspended.delete(held)
        if (stream.isOver) return this.abandon(opened)
        stream.opened = opened
        this.hold(kind, stream)
      } catch (error) {
        // lost again: the next connect resumes
        if (error instanceof ConnectionLost) return
        if (!(error instanceof BerthError) || !PASSING.has(error.code)) {
          this.suspended.delete(held)
          stream.fail(error)
          return
        }
        await new Promise((wake) => setTimeout(wake, RETRY_MS))
      }
    }
  }

  /** Its reader has left while it was opened again. */
  private abandon({ streamId }: StreamOpened): void {
    this.early.delete(streamId)
    this.socket.emit('stream:close', { streamId })
  }

  private giveUp(error: BerthError): void {
    for (const { stream } of this.suspended) stream.fail(error)
    this.suspended.clear()
  }
}

/** Connects at once. `for await (const line of await streams.logs({ containers: ['web'], follow: true })) …` */
export function connectStreams(options: StreamsOptions): Streams {
  return new Streams(options)
}

function problemOf(error: Error): StreamProblem | null {
  const data = (error as { data?: StreamProblem }).data
  return typeof data?.code === 'string' ? data : null
}
