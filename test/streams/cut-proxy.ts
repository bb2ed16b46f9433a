/** Stands between two ends of a connection, and cuts all that goes through it in the middle of whatever it carries. */
import { once } from 'node:events'
import { createServer, connect, type ListenOptions, type NetConnectOpts, type Server, type Socket } from 'node:net'

export class CutProxy implements AsyncDisposable {
  private readonly pairs = new Set<readonly [Socket, Socket]>()
  private readonly server: Server

  private constructor(private readonly target: NetConnectOpts) {
    // a half-close is part of what is carried
    this.server = createServer({ allowHalfOpen: true }, (near) => this.join(near))
  }

  static async listen(at: ListenOptions, target: NetConnectOpts): Promise<CutProxy> {
    const proxy = new CutProxy(target)
    proxy.server.listen(at)
    await once(proxy.server, 'listening')
    return proxy
  }

  /** Where it listens, on TCP. */
  get port(): number {
    return (this.server.address() as { port: number }).port
  }

  /** Connections that go through it. */
  get size(): number {
    return this.pairs.size
  }

  /** Ends every connection at once; new ones are let through. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close()
    this.cut()
    await once(this.server, 'close')
  }

  private join(near: Socket): void {
    const far = connect({ ...this.target, allowHalfOpen: true })
    const pair = [near, far] as const
    this.pairs.add(pair)
    for (const [socket, other] of [pair, [far, near] as const]) {
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        other.destroy()
        this.pairs.delete(pair)
      })
      socket.pipe(other)
    }
  }
}
