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

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.terminal.write(`${line}\n`)
  }

  async shows(text: string | RegExp): Promise<void> {
    const seen = () => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text))
    await until(`${String(text)} in ${JSON.stringify(this.text.slice(-500))}`, seen, 20_000)
  }

  private async read(): Promise<void> {
    for await (const frame of this.terminal)
      if ('data' in frame) this[frame.stream === 'stderr' ? 'errors' : 'text'] += Buffer.from(frame.data).toString()
  }
}
