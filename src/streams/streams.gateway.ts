import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Server } from 'socket.io'
import {
  Access,
  type AccessChange,
  AccessChanges,
  Authenticator,
  type Principal,
  PrincipalReading,
  Quota,
  RateLimits,
} from '../access/index.js'
import { AppError, toProblem } from '../common/errors.js'
import { type ConnectionParts, StreamConnection, type StreamSocket } from './connection.js'
import { StreamRegistry } from './registry.js'

/** How often a principal is looked at again: with the cut itself, a lost right is felt within two seconds. */
const RECHECK_MS = 1_000
/** Openings of one user, over all connections. */
const OPENINGS = { points: 300, duration: 10 }
const LAST_WORDS_MS = 500
/** Longer than any token of ours. */
const MOST_TOKEN = 4_096

/**
 * The socket edge. Nest's guards and pipes do not run here and are not needed: authentication is this connection
 * middleware, every decision is made by the stream mechanism.
 */
@Injectable()
@WebSocketGateway()
export class StreamsGateway implements OnGatewayInit<Server>, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('streams')
  private readonly connections = new Map<StreamSocket, StreamConnection>()
  private readonly openings = new RateLimiterMemory(OPENINGS)
  private readonly principals = new WeakMap<StreamSocket, Principal>()
  private readonly reading = new PrincipalReading((principal) => this.authenticator.revalidate(principal))
  private timer: NodeJS.Timeout | undefined
  private unlisten: (() => void) | undefined
  private stopping = false

  constructor(
    private readonly access: Access,
    private readonly changes: AccessChanges,
    private readonly authenticator: Authenticator,
    private readonly registry: StreamRegistry,
    private readonly quota: Quota,
    private readonly limits: RateLimits,
  ) {}

  afterInit(server: Server): void {
    server.use(
      (socket, next) =>
        void this.authenticate(socket as StreamSocket).then(
          () => next(),
          (error: unknown) => next(refusal(error, this.logger)),
        ),
    )
    // not handleConnection: messages may follow the connect at once, and this runs in the same turn
    server.on('connection', (socket) => this.connect(socket as StreamSocket))
  }

  onApplicationBootstrap(): void {
    this.unlisten = this.changes.listen((change) => this.recheck(change))
    this.schedule()
  }

  /** Every stream is told, every upstream freed; the sockets themselves go with the server. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true
    clearTimeout(this.timer)
    this.unlisten?.()
    await Promise.all(
      [...this.connections.values()].map((connection) => connection.endAll({ reason: 'server_stopping', code: 'STOPPING' })),
    )
    // the server discards what still waits when it closes the connections
    const busy = (): boolean => [...this.connections.values()].some((connection) => connection.isSending)
    for (const end = Date.now() + LAST_WORDS_MS; busy() && Date.now() < end;) await delay(20)
  }

  private async authenticate(socket: StreamSocket): Promise<void> {
    if (this.stopping) throw new AppError('STOPPING')
    await this.limits.address(socket.handshake.address)
    // only here: a URL is written into logs on its way
    const { token } = socket.handshake.auth as { token?: unknown }
    if (typeof token !== 'string' || token.length === 0 || token.length > MOST_TOKEN) throw new AppError('UNAUTHENTICATED')
    const principal = await this.authenticator.authenticate(token)
    await this.limits.principal(principal.userId)
    this.principals.set(socket, principal)
  }

  private connect(socket: StreamSocket): void {
    const principal = this.principals.get(socket)
    if (!principal) return void socket.disconnect(true)
    this.connections.set(socket, new StreamConnection(socket, this.parts(), principal))
    socket.on('disconnect', () => this.connections.delete(socket))
  }

  private parts(): ConnectionParts {
    return {
      access: this.access,
      registry: this.registry,
      revalidate: (principal) => this.authenticator.revalidate(principal),
      reviewed: (principal) => this.reading.now(principal),
      admit: async (principal) => {
        if (this.stopping) throw new AppError('STOPPING')
        await within(() => this.openings.consume(principal.userId))
      },
      room: (teamIds) => this.quota.open('streams', teamIds),
    }
  }

  private recheck({ userId, teamId, credentialId }: AccessChange): void {
    this.reading.forget()
    for (const connection of this.connections.values()) {
      const { principal } = connection
      const concerned =
        (userId === undefined && teamId === undefined && credentialId === undefined) ||
        principal.userId === userId ||
        principal.credential.id === credentialId ||
        (teamId !== undefined && (principal.memberships.has(teamId) || principal.hostRole !== null))
      if (concerned) void connection.recheck(true)
    }
  }

  private schedule(): void {
    if (this.stopping) return
    // not an interval: a database that is slow must not be asked by two rounds at once
    this.timer = setTimeout(() => void this.recheckAll().finally(() => this.schedule()), RECHECK_MS).unref()
  }

  private async recheckAll(): Promise<void> {
    this.reading.forget()
    // one after another, so that a thousand connections are no burst for the database
    for (const connection of this.connections.values()) await connection.recheck(false)
    this.reading.forget()
  }
}

/** @throws AppError RATE_LIMITED in place of the limiter's own */
async function within(consume: () => Promise<unknown>): Promise<void> {
  try {
    await consume()
  } catch (error) {
    if (error instanceof RateLimiterRes) throw new AppError('RATE_LIMITED', { retryAfter: Math.ceil(error.msBeforeNext / 1_000) })
    throw error
  }
}

/** socket.io sends `message` and `data` of the error to the client as its connect_error. */
function refusal(error: unknown, logger: Logger): Error {
  const requestId = randomUUID()
  const problem = toProblem(error, requestId)
  if (problem.status >= 500) logger.error({ err: error, requestId, code: problem.code }, 'a connection was not accepted')
  return Object.assign(new Error(problem.detail), { data: problem })
}
