import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import type * as Redis from 'redis'
import { Config } from '../config/config.js'
import { type AccessChange, AccessChanges } from './changes.js'
import { ProcessIdentity } from './process-identity.js'

const CHANNEL = 'berth:access-changes'

type Client = ReturnType<typeof Redis.createClient>

/**
 * Carries changes of rights between gateway processes over Redis. Only faster, never needed: what a principal may do is read
 * again within a second in any case, so a Redis that is down delays a revocation and never prevents it.
 */
@Injectable()
export class ChangeRelay implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('change-relay')
  private readonly clients: Client[] = []
  private unlisten: (() => void) | undefined

  constructor(
    private readonly config: Config,
    private readonly changes: AccessChanges,
    private readonly process: ProcessIdentity,
  ) {}

  async onModuleInit(): Promise<void> {
    const url = this.config.BERTH_REDIS_URL
    if (!url) return
    // only where it is used: its 640 modules take 6 MiB and a tenth of the start
    const redis = await import('redis')
    const publisher = this.client(redis, url)
    const subscriber = this.client(redis, url)
    void publisher.connect().catch(() => undefined)
    // Only once it is connected: node-redis 5 never recovers from a subscription that waited for its first connection.
    void subscriber
      .connect()
      .then(() => subscriber.subscribe(CHANNEL, (message) => this.receive(message)))
      .catch(() => undefined)
    this.unlisten = this.changes.listenLocal((change) => {
      const message = JSON.stringify({ from: this.process.id, change })
      // While it is down the others read the change within a second; that it is down has been logged.
      publisher.publish(CHANNEL, message).catch(() => undefined)
    })
  }

  async onApplicationShutdown(): Promise<void> {
    this.unlisten?.()
    for (const client of this.clients) client.destroy()
  }

  /** Without a queue: what was said while it was down is known by then, and a queue would grow for as long. */
  private client(redis: typeof Redis, url: string): Client {
    const client = redis.createClient({
      url,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: (tries) => Math.min(tries * 100, 2000) },
    })
    let down = false
    client.on('error', (error: unknown) => {
      if (!down)
        this.logger.warn({ err: error }, 'redis does not answer; revocations reach other processes within a second instead of at once')
      down = true
    })
    client.on('ready', () => (down = false))
    this.clients.push(client)
    return client
  }

  private receive(message: string): void {
    const { from, change } = parse(message)
    if (from !== this.process.id && change) this.changes.hear(change)
  }
}

/** A message that is not ours means: anything may have changed. */
function parse(message: string): { from: string; change: AccessChange | null } {
  try {
    const value = JSON.parse(message) as { from?: unknown; change?: unknown } | null
    const change = typeof value?.change === 'object' && value.change !== null ? value.change : {}
    return { from: String(value?.from), change }
  } catch {
    return { from: '', change: {} }
  }
}
