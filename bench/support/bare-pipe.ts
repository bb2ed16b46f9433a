import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT } from '../../scripts/setup.mjs'
import { Http } from './http.js'

/** The engine behind a process that copies bytes and does nothing else, over loopback TCP as the gateway is. */
export class BarePipe implements AsyncDisposable {
  private readonly child: ChildProcess
  private readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.child = child
    this.port = port
  }

  static async start(engineSocket: string): Promise<BarePipe> {
    const child = spawn(process.execPath, [join(ROOT, 'bench/support/pipe-process.mjs'), engineSocket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    return new BarePipe(child, Number(port))
  }

  client(): Http {
    return new Http({ options: { host: '127.0.0.1', port: this.port }, headers: {} })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.kill()
    await ended
  }
}
