import type { ExecStream } from '../../clients/typescript/src/streams/index.js'
import { until } from './support.js'

/** What somebody sees of a terminal: reads on in the background. */
export class Screen {
  text = ''
  errors = ''
  /** Settles when the stream has ended. */
  readonly done: Promise<void>

  constructor(readonly terminal: ExecStream) {
    this.done = this.read()
    this.done.catch(() => undefined)
  }

  /** Types a line, once there is a prompt: a shell throws away what was typed before (busybox does). */
  async type(line: string): Promise<void> {
    if (this.terminal.opened['tty'] === true && this.terminal.opened['role'] !== 'observer') await this.shows(/[#$>] /)
    await this.terminal.write(`${line}\n`)
  }

  async shows(text: string | RegExp): Promise<void> {
    const seen = () => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text))
    await until(String(text), seen, 20_000).catch((error: unknown) => {
      throw new Error(`the screen does not show ${String(text)}: ${JSON.stringify(this.text.slice(-500))}`, { cause: error })
    })
  }

  private async read(): Promise<void> {
    for await (const frame of this.terminal)
      if ('data' in frame) this[frame.stream === 'stderr' ? 'errors' : 'text'] += Buffer.from(frame.data).toString()
  }
}
