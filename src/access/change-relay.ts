import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { createClient } from 'redis'
import { Config } from '../config/config.js'
import { type AccessChange, AccessChanges } from './changes.js'
import { ProcessIdentity } from './process-identity.js'

const CHANNEL = 'berth:access-changes'

/**
 * Carries changes of rights between gateway processes over Redis. Only faster, never needed: what a principal may do is read
 * again within a second in any case, so a Redis that is down delays a revocation and never prevents it.
 */
@Injectable()
export class ChangeRelay implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('change-relay')
  private readonly clients: ReturnType<typeof createClient>[] = []
  private unlisten: (() => void) | undefined

  constructor(
    private readonly config: Config,
    private readonly changes: AccessChanges,
    private readonly process: ProcessIdentity,
  ) {}

  onModuleInit(): void {
    const url = this.config.BERTH_REDIS_URL
    if (!url) return
    const publisher = this.connect(url)
    const subscriber = this.connect(url)
    this.unlisten = this.changes.listenLocal((change) => {
      const message = JSON.stringify({ from: this.process.id, change })
      publisher
        .publish(CHANNEL, message)
        .catch((error: unknown) => this.logger.warn({ err: error }, 'a change of rights was not passed on'))
    })
    void subscriber.subscribe(CHANNEL, (message) => this.receive(message)).catch(() => undefined)
  }

  async onApplicationShutdown(): Promise<void> {
    this.unlisten?.()
    for (const client of this.clients) client.destroy()
  }

  private connect(url: string): ReturnType<typeof createClient> {
    const client = createClient({ url, disableOfflineQueue: false, socket: { reconnectStrategy: (tries) => Math.min(tries * 100, 2000) } })
    let down = false
    client.on('error', (error: unknown) => {
      if (!down)
        this.logger.warn({ err: error }, 'redis does not answer; revocations reach other processes within a second instead of at once')
      down = true
    })
    client.on('ready', () => (down = false))
    void client.connect().catch(() => undefined)
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
