/** A unix socket before the bed's engine that holds each creation and start of a container until the test lets it go. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bed } from '../../support/bed.js'

const CREATION = /POST \/v1\.\d+\/containers\/create\?/
const START = /POST \/v1\.\d+\/containers\/[0-9a-f]{64}\/start/
const MESSAGE = JSON.stringify({ message: 'unable to remove filesystem: unlinkat /x: directory not empty' })
const REFUSAL = `HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: ${MESSAGE.length}\r\nconnection: close\r\n\r\n${MESSAGE}`

export class HeldEngine {
  /** What to do before a creation goes on; null: nothing is held. */
  before: (() => Promise<unknown>) | null = null
  /** What to do before a start goes on; null: nothing is held. */
  beforeStart: (() => Promise<unknown>) | null = null
  /** Requests with this in their head are refused as by an engine that fails to remove files; null: none. */
  refused: string | null = null
  /** The connection of a creation is cut at once, and the engine is asked for it when this ends; null: nothing is late. */
  late: Promise<unknown> | null = null
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
      if (this.refused && bytes.toString('latin1').includes(this.refused)) return void client.end(REFUSAL)
      const isCreation = CREATION.test(bytes.toString('latin1'))
      if (isCreation && this.late) return this.askLater(client, bytes, this.late)
      const hold = isCreation ? this.before : START.test(bytes.toString('latin1')) ? this.beforeStart : null
      gone = gone.then(() => hold?.()).then(() => engine.write(bytes))
    })
    client.on('end', () => void gone.then(() => engine.end()))
  }

  private askLater(client: Socket, first: Buffer, late: Promise<unknown>): void {
    const pieces = [first]
    const left = (): number => lengthOf(first) - pieces.reduce((sum, { length }) => sum + length, 0)
    const send = (): void => {
      if (left() > 0) return
      const engine = connect(bed().socketPath)
      this.sockets.add(engine)
      engine.on('error', () => engine.destroy()).resume()
      client.destroy()
      void late.then(() => engine.write(Buffer.concat(pieces)))
    }
    client.removeAllListeners('data').on('data', (more: Buffer) => {
      pieces.push(more)
      send()
    })
    send()
  }
}

/** Of a request, by its head. */
function lengthOf(request: Buffer): number {
  const head = request.indexOf('\r\n\r\n') + 4
  return head + Number(/content-length: (\d+)/i.exec(request.subarray(0, head).toString('latin1'))?.[1] ?? 0)
}
