import type { INestApplication } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import type { IncomingMessage } from 'node:http'
import type { Server, ServerOptions } from 'socket.io'
import type { Config } from '../config/config.js'
import { clientAddress, trustedProxies } from './client-address.js'

export const SOCKET_PATH = '/socket.io'
/** Largest message from a client: input comes in pieces. */
const MOST_BYTES = 1_048_576
/** Together the longest time that a vanished peer is kept: below 45 s. */
const PING_INTERVAL_MS = 20_000
const PING_TIMEOUT_MS = 15_000

/** Puts the socket edge onto the HTTP server of the application. Call it before the application is initialised. */
export function prepareSockets(app: INestApplication, config: Config): void {
  app.useWebSocketAdapter(new BerthSocketAdapter(app, config))
}

class BerthSocketAdapter extends IoAdapter {
  constructor(
    app: INestApplication,
    private readonly config: Config,
  ) {
    super(app)
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server = super.createIOServer(port, { ...options, ...this.settings() } as ServerOptions)
    // the handshake is checked by allowRequest, each later request of a polling client and each upgrade here
    server.engine.use((request: IncomingMessage, _response: unknown, next: (error?: Error) => void) => {
      next(this.allows(request) || isHandshake(request) ? undefined : new Error('origin not allowed'))
    })
    const trusted = trustedProxies(this.config.BERTH_TRUSTED_PROXIES)
    server.engine.on('connection', (connection: { request: IncomingMessage }) => {
      // where the handshake takes its address from
      Object.assign(connection, { remoteAddress: clientAddress(connection.request, trusted) })
    })
    return server
  }

  private settings(): Partial<ServerOptions> {
    return {
      path: SOCKET_PATH,
      serveClient: false,
      maxHttpBufferSize: MOST_BYTES,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      connectTimeout: 10_000,
      // the docker CLI's upgrades are on the same server: engine.io would end them after a second
      destroyUpgrade: false,
      perMessageDeflate: false,
      httpCompression: false,
      cors: { origin: [...this.config.BERTH_ALLOWED_ORIGINS] },
      allowRequest: (request, answer) => answer(this.allows(request) ? null : 'origin not allowed', this.allows(request)),
    }
  }

  /** What is no browser sends no Origin, and has no cookies or network position that a page could borrow. */
  private allows({ headers: { origin } }: IncomingMessage): boolean {
    return origin === undefined || this.config.BERTH_ALLOWED_ORIGINS.includes(origin)
  }
}

function isHandshake(request: IncomingMessage): boolean {
  return !/[?&]sid=/.test(request.url ?? '')
}
