import type { ExecFrame, StreamData } from '../generated/protocol.js'
import { Stream } from './stream.js'

/** Input goes in pieces: the gateway bounds its messages. */
const PIECE = 262_144

/** A command in a container: iterate over its output, write its input, await its exit. */
export class ExecStream extends Stream<ExecFrame> {
  private writing: Promise<unknown> = Promise.resolve()

  /** The exit code; null where the process closed its output and runs on. */
  get exit(): Promise<number | null> {
    return this.ended.then(({ exitCode }) => exitCode ?? null)
  }

  /** Resolves when the process's side has taken it. */
  async write(data: Uint8Array | string): Promise<void> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
    for (let at = 0; at < bytes.length; at += PIECE) await this.inTurn({ data: bytes.subarray(at, at + PIECE) })
  }

  /** Half-close: the process reads end-of-file. */
  async end(data?: Uint8Array | string): Promise<void> {
    if (data !== undefined) await this.write(data)
    await this.inTurn({ end: true })
  }

  async resize(size: { rows: number; cols: number }): Promise<void> {
    await this.ask('stream:resize', size)
  }

  /** @internal */
  override data(message: StreamData): void {
    for (const frame of message.frames as ExecFrame[])
      if ((frame.data as unknown) instanceof ArrayBuffer) frame.data = new Uint8Array(frame.data)
    super.data(message)
  }

  private async inTurn(fields: object): Promise<void> {
    const turn = this.writing.then(() => this.ask('stream:input', fields))
    this.writing = turn.catch(() => undefined)
    await turn
  }
}
