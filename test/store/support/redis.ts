/** A real Redis for one test: Debian's, on a port of its own, with nothing kept. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { until } from '../../support/private-host.js'

export class Redis {
  private server: ChildProcess | undefined

  private constructor(readonly port: number) {}

  /** A port that one may come up on; nothing listens there yet. */
  static async prepare(): Promise<Redis> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return new Redis(port)
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/tmp']
    this.server = spawn('redis-server', args, { stdio: 'ignore' })
    await until('redis', 10_000, () => this.answers())
  }

  async stop(): Promise<void> {
    if (!this.server || this.server.exitCode !== null || this.server.signalCode !== null) return
    const ended = once(this.server, 'exit')
    this.server.kill('SIGKILL')
    await ended
  }

  /** How many connections wait for messages of the channel. */
  async listeners(channel: string): Promise<number> {
    return this.ask(async (client) => (await client.pubSubNumSub([channel]))[channel] ?? 0)
  }

  private answers(): Promise<boolean> {
    return this.ask((client) => client.ping()).then(
      () => true,
      () => false,
    )
  }

  private async ask<T>(question: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await question(client)
    } finally {
      client.destroy()
    }
  }
}
