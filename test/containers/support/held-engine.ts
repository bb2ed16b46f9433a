/** A unix socket before the bed's engine that holds each creation of a container until the test lets it go. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bed } from '../../support/bed.js'

const CREATION = /POST \/v1\.\d+\/containers\/create\?/

export class HeldEngine {
  /** What to do before a creation goes on; null: nothing is held. */
  before: (() => Promise<unknown>) | null = null
  private readonly dir = mkdtempSync(join(tmpdir(), 'berth-held-'))
  private readonly sockets = new Set<Socket>()
  private readonly server: Server = createServer({ allowHalfOpen: true }, (client) => this.pass(client))

  static async start(): Promise<HeldEngine> {
    const engine = new HeldEngine()
    await new Promise<void>((done) => engine.server.listen(join(engine.dir, 'd.sock'), done))
    return engine
  }

  get dockerHost(): string {
    return `unix://${join(this.dir, 'd.sock')}`
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()))
    this.sockets.forEach((socket) => socket.destroy())
    await closed
    rmSync(this.dir, { recursive: true, force: true })
  }

  private pass(client: Socket): void {
    const engine = connect({ path: bed().socketPath, allowHalfOpen: true })
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      this.sockets.add(socket)
      socket.on('error', () => other.destroy()).on('close', () => this.sockets.delete(socket) && other.destroy())
    }
    engine.pipe(client)
    // one piece after the other: what comes behind a held one waits for it
    let gone: Promise<unknown> = Promise.resolve()
    client.on('data', (bytes) => {
      const hold = CREATION.test(bytes.toString('latin1')) ? this.before : null
      gone = gone.then(() => hold?.()).then(() => engine.write(bytes))
    })
    client.on('end', () => void gone.then(() => engine.end()))
  }
}
