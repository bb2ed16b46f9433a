/** A unix socket before the bed's engine that passes everything on and keeps the line of each request. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bed } from '../../support/bed.js'

/** What the gateway asks by itself, whoever calls it: its inventory follows what other tests do, and images are pinned. */
const OWN = [
  /^(GET|HEAD) (\/v1\.\d+)?\/(_ping|events|info|version|containers\/json|images\/json|volumes|networks|system\/df)(\?\S*)?$/,
  /^GET \/v1\.\d+\/(containers|networks|images)\/(sha256:)?[0-9a-f]{64}(\/json)?$/,
  /^GET \/v1\.\d+\/volumes\/[^/?]+$/,
  /^POST \/v1\.\d+\/images\/sha256:[0-9a-f]{64}\/tag\?repo=berth\.invalid/,
]

export class RecordingEngine {
  private readonly seen: string[] = []
  /** Called with the line of each request, before the engine has it. */
  onRequest: (line: string) => void = () => undefined
  private readonly sockets = new Set<Socket>()
  private readonly dir = mkdtempSync(join(tmpdir(), 'berth-recording-'))
  private readonly server: Server = createServer({ allowHalfOpen: true }, (client) => this.pass(client))

  static async start(): Promise<RecordingEngine> {
    const engine = new RecordingEngine()
    await new Promise<void>((done) => engine.server.listen(join(engine.dir, 'd.sock'), done))
    return engine
  }

  get dockerHost(): string {
    return `unix://${join(this.dir, 'd.sock')}`
  }

  /** Requests that somebody caused, since the last call of this. */
  taken(): string[] {
    return this.seen.splice(0).filter((line) => !OWN.some((own) => own.test(line)))
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()))
    this.sockets.forEach((socket) => socket.destroy())
    await closed
    rmSync(this.dir, { recursive: true, force: true })
  }

  private heard(line: string): void {
    this.seen.push(line)
    this.onRequest(line)
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
    client.on('data', (bytes) => {
      for (const [, line] of bytes.toString('latin1').matchAll(/^((?:GET|HEAD|POST|PUT|DELETE) \S+) HTTP\/1\.1/gm)) this.heard(line!)
    })
    client.pipe(engine)
    engine.pipe(client)
  }
}
