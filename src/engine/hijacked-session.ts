import type { Socket } from 'node:net'
import { bytesOf, type BodyHooks } from './body.js'
import { demultiplex, unframed, type Frame } from './frames.js'
import type { Session } from './session.js'
import type { Hijacked } from './transport.js'

/** A session on a connection that the engine has given up (101), or has left open behind its answer (200). */
export class HijackedSession implements Session {
  readonly output: AsyncGenerator<Frame>
  readonly closed: Promise<void>
  private readonly input: Socket

  constructor(
    hijacked: Hijacked,
    private readonly options: { tty: boolean; hooks: BodyHooks },
  ) {
    const raw = bytesOf(hijacked.output, options.hooks)
    this.input = hijacked.input
    this.output = options.tty ? unframed(raw) : demultiplex(raw)
    this.closed = new Promise((resolve) => (this.input.destroyed ? resolve() : this.input.once('close', () => resolve())))
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.input.write(bytes, (error) => (error ? reject(this.options.hooks.failure(error)) : resolve()))
    })
  }

  end(): void {
    // a real FIN: `echo x | docker exec -i … wc -c` waits for it
    this.input.end()
  }

  close(): void {
    void this.output.return(undefined)
    this.input.destroy()
  }
}
