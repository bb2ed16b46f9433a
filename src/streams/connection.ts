import { Logger } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import type { Socket } from 'socket.io'
import { type Access, type Grant, type OperationId, type Principal, sameRights } from '../access/index.js'
import { AppError, type ErrorCode, toProblem } from '../common/errors.js'
import { assertShape, type InboundEvent, isInbound, isPlainObject, SHAPES } from './message.js'
import { readParams } from './params.js'
import type { ClientToServerEvents, OpenAck, PlainAck, ServerToClientEvents } from './protocol.js'
import type { StreamRegistry } from './registry.js'
import { type Opener, StreamRights } from './rights.js'
import { StreamSession } from './session.js'
import { Window } from './window.js'

export type StreamSocket = Socket<ClientToServerEvents, ServerToClientEvents>

/** Open streams of one connection. */
export const MOST_STREAMS = 100
/** Packets that wait in the engine.io buffer; the websocket's own `bufferedAmount` says nothing here (measured). */
const MOST_WAITING = 32
/** Packets that wait for a client that asks on and reads no answers: data has stopped long before. */
const MOST_UNREAD = 10_000

/** Looks in a row without a decision, because the database does not answer, that streams live on. */
const MOST_UNDECIDED = 3

/** What the connections share. */
export interface ConnectionParts {
  readonly access: Access
  readonly registry: StreamRegistry
  /** The principal as it is now. @throws AppError UNAUTHENTICATED */
  revalidate(principal: Principal): Promise<Principal>
  /** The same, but read once for all connections of a round. @throws AppError UNAUTHENTICATED, Error where nothing answers */
  reviewed(principal: Principal): Promise<Principal>
  /** @throws AppError RATE_LIMITED, STOPPING */
  admit(principal: Principal): Promise<void>
  /** Takes room for a stream in the teams' quotas, until the answer is called. @throws AppError QUOTA_EXCEEDED */
  room(teamIds: readonly string[]): Promise<() => void>
}

interface Open {
  readonly session: StreamSession
  readonly rights: StreamRights<OperationId>
  /** What it was decided on last. A look that came while it was being opened did not see it, so each knows for itself. */
  basis: Basis
}

/** Whose rights, and how much was known to have changed by then. */
interface Basis {
  readonly principal: Principal
  readonly changes: number
}

/** One socket and its streams: every message is answered, whatever it is. */
export class StreamConnection implements Opener {
  private readonly logger = new Logger('streams')
  private readonly streams = new Map<string, Open>()
  /** Streams whose source is being opened; they count for the limit. */
  private opening = 0
  private rechecking: Promise<void> | undefined
  /** Counts what is known to have changed. */
  private changes = 0
  /** Looks in a row that could not decide; there is one each second. */
  private undecided = 0

  constructor(
    private readonly socket: StreamSocket,
    private readonly parts: ConnectionParts,
    public principal: Principal,
  ) {
    socket.onAny((event: unknown, ...args: unknown[]) => void this.receive(String(event), args))
    socket.conn.on('drain', () => this.drained())
    // after an upgrade from polling it is the same engine.io session, so one listener is enough
    socket.on('disconnect', () => void this.endAll(null))
  }

  get address(): string {
    return this.socket.handshake.address
  }

  /** Decides again on every stream. `changed`: something that decisions were based on is known to be different. */
  recheck(changed: boolean): Promise<void> {
    if (changed) this.changes += 1
    // one after another: an older look must not overwrite a newer one
    const turn = (this.rechecking ?? Promise.resolve()).then(() => this.look())
    this.rechecking = turn
    return turn
  }

  /** Ends every stream. Null: the client is gone, so nobody is told. Resolves when the upstreams are free. */
  async endAll(reason: { reason: string; code: ErrorCode } | null): Promise<void> {
    const ending = [...this.streams.values()].map(({ session, rights }) =>
      session.finish(reason && { reason: reason.reason, error: toProblem(new AppError(reason.code), rights.requestId) }),
    )
    await Promise.all(ending)
  }

  private async look(): Promise<void> {
    try {
      const { changes } = this
      // only here: an opening that has read the rights before they changed must not bring them back
      this.principal = await this.parts.reviewed(this.principal)
      this.undecided = 0
      const basis = { principal: this.principal, changes }
      for (const stream of this.streams.values()) {
        const { session, rights } = stream
        if (isSame(stream.basis, basis) && !rights.doubtful) continue
        const lost = await rights.recheck()
        if (lost) void session.finish({ reason: 'revoked', error: toProblem(lost, rights.requestId) })
        else stream.basis = basis
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'UNAUTHENTICATED') {
        this.logger.error({ err: error }, 'open streams could not be decided again')
        // A database that is away for a moment cuts nobody; one that stays away must not keep open what it would have revoked.
        if (++this.undecided >= MOST_UNDECIDED) await this.endAll({ reason: 'undecided', code: 'DECISION_UNAVAILABLE' })
        return
      }
      void this.endAll({ reason: 'revoked', code: 'UNAUTHENTICATED' })
      this.socket.disconnect(true)
    }
  }

  private async receive(event: string, args: readonly unknown[]): Promise<void> {
    // no `disconnect`: that would wait behind what is not read
    if (this.waiting > MOST_UNREAD) {
      this.socket.conn.close(true)
      return
    }
    const requestId = randomUUID()
    const last = args.at(-1)
    const ack = typeof last === 'function' ? (last as (answer: PlainAck | OpenAck) => void) : undefined
    try {
      if (!isInbound(event))
        throw new AppError('INVALID_REQUEST', {
          reason: 'there is no such event',
          errors: [{ pointer: '', detail: `must be one of ${Object.keys(SHAPES).join(', ')}` }],
        })
      const message = args[0]
      assertShape(message, SHAPES[event])
      if (event === 'stream:open') {
        // without an ack nobody would ever learn the streamId
        if (!ack) throw new AppError('INVALID_REQUEST', { reason: 'stream:open needs an ack' })
        await this.open(message, requestId, ack)
      } else {
        await this.toStream(event, message)
        ack?.({ ok: true })
      }
    } catch (error) {
      const problem = toProblem(error, requestId)
      if (problem.status >= 500)
        this.logger.error(
          { err: error instanceof AppError ? (error.cause ?? error) : error, requestId, code: problem.code },
          `${event.slice(0, 64)} failed`,
        )
      if (ack) ack({ ok: false, error: problem })
      else this.socket.emit('stream:error', { event: event.slice(0, 64), error: problem })
    }
  }

  private async toStream(event: Exclude<InboundEvent, 'stream:open'>, message: Record<string, unknown>): Promise<void> {
    const stream = this.streams.get(message['streamId'] as string)
    if (!stream) throw new AppError('STREAM_NOT_FOUND')
    const { session } = stream
    if (event === 'stream:credit') session.credit(message['bytes'] as number)
    else if (event === 'stream:input') await session.write(bytesOf(message['data']), message['end'] === true)
    else if (event === 'stream:resize') await session.resize({ rows: message['rows'] as number, cols: message['cols'] as number })
    else await session.finish({ reason: 'closed' })
  }

  private async open(message: Record<string, unknown>, requestId: string, ack: (answer: OpenAck) => void): Promise<void> {
    if (this.streams.size + this.opening >= MOST_STREAMS) throw new AppError('STREAM_LIMIT', { limit: MOST_STREAMS })
    this.opening += 1
    try {
      await this.parts.admit(this.principal)
      const registered = this.parts.registry.kinds.get(message['kind'] as string)
      if (!registered) throw new AppError('STREAM_KIND_UNKNOWN')
      const { info, source } = registered
      const given = message['params']
      const { params, credit: wanted } = await readParams(isPlainObject(given) ? given : {}, info.params)
      const credit = Math.min(wanted, info.mostCredit ?? wanted)
      const { changes } = this
      const principal = await this.parts.revalidate(this.principal)
      const rights = new StreamRights(this.parts.access, info.operation, this, requestId)
      const grants = await rights.grantAll(await source.pointers(params), principal)
      const free = await this.parts.room(grants.flatMap(teamIdOf))
      const session = this.session(requestId, credit)
      void session.freed.then(free)
      this.keep({ session, rights, basis: { principal, changes } })
      try {
        const context = { signal: session.signal, regrant: rights.regrant.bind(rights), release: rights.release.bind(rights) }
        const opened = await source.open(grants, params, context)
        // before the first data; the client may be gone or cut meanwhile, then start only frees
        ack(
          session.ended
            ? { ok: false, error: session.ended.error ?? toProblem(new AppError('STOPPING'), requestId) }
            : { ...opened.ack, ok: true, streamId: session.id, credit },
        )
        session.start(opened)
      } catch (error) {
        const { ended } = session
        session.abandon()
        // cut while its source opened: that is why the source failed, and what the client is told
        if (!ended) throw error
        ack({ ok: false, error: ended.error ?? toProblem(new AppError('STOPPING'), requestId) })
      }
    } finally {
      this.opening -= 1
    }
  }

  private session(requestId: string, credit: number): StreamSession {
    const window = new Window(credit, () => this.waiting > MOST_WAITING)
    return new StreamSession({ emit: (event, ...message) => void this.socket.emit(event, ...message), window, requestId })
  }

  private keep(open: Open): void {
    this.streams.set(open.session.id, open)
    void open.session.freed.then(() => this.streams.delete(open.session.id))
    // the client left, or lost its rights, while the decision was made
    if (!this.socket.connected) void open.session.finish(null)
  }

  /** Something has not left for the client yet. */
  get isSending(): boolean {
    return this.waiting > 0
  }

  /** Packets in the engine.io buffer: private in its types, but the only figure that tells a slow reader. */
  private get waiting(): number {
    return (this.socket.conn as unknown as { writeBuffer: readonly unknown[] }).writeBuffer.length
  }

  private drained(): void {
    for (const { session } of this.streams.values()) session.drained()
  }
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  return typeof data === 'string' ? Buffer.from(data) : new Uint8Array(0)
}

function isSame(before: Basis, now: Basis): boolean {
  return before.changes === now.changes && (before.principal === now.principal || sameRights(before.principal, now.principal))
}

/** A stream over several teams is nobody's. */
function teamIdOf({ target }: Grant<OperationId>): string[] {
  return 'team' in target && target.team && !('library' in target && target.library) ? [target.team.id] : []
}
