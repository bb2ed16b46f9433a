import type { ExecFrame, StreamData, StreamGap, StreamOpened, TerminalPeople, TerminalSize } from '../generated/protocol.js'
import { Stream, type StreamSocket } from './stream.js'

/** Input goes in pieces: the gateway bounds its messages. */
const PIECE = 262_144

/** What comes out of a terminal session: output, and who takes part where others do. */
export type TerminalRecord = ExecFrame | TerminalPeople | TerminalSize

/**
 * A command in a container, or its main process: iterate over its output, write its input, await its exit. After a lost
 * connection it comes back to the same session and misses nothing, if that is within the gateway's grace time.
 */
export class ExecStream extends Stream<TerminalRecord> {
  private writing: Promise<unknown> = Promise.resolve()
  private received: number

  constructor(
    socket: StreamSocket,
    opened: StreamOpened,
    private readonly detachKeys?: string,
  ) {
    super(socket, opened)
    this.received = Number(opened['cursor'] ?? 0)
  }

  /** Id of the session, for another to join by, or to come back to it from elsewhere. */
  get session(): string {
    return String(this.opened['session'])
  }

  /** Bytes of its output that have arrived: where to go on from. */
  get cursor(): number {
    return this.received
  }

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
    for (const frame of message.frames as TerminalRecord[]) {
      if (!('data' in frame)) continue
      if ((frame.data as unknown) instanceof ArrayBuffer) frame.data = new Uint8Array(frame.data)
      this.received += frame.data.byteLength
    }
    super.data(message)
  }

  /** @internal */
  override gap(gap: StreamGap): void {
    this.received += gap.dropped ?? 0
    super.gap(gap)
  }

  /** @internal */
  override disconnected(): boolean {
    return !this.isOver
  }

  /** @internal */
  override resumeParams(): object {
    const role = this.opened['role']
    return {
      session: this.session,
      cursor: this.received,
      ...(role !== undefined && { role }),
      ...(this.detachKeys !== undefined && { detachKeys: this.detachKeys }),
    }
  }

  private async inTurn(fields: object): Promise<void> {
    const turn = this.writing.then(() => this.ask('stream:input', fields))
    this.writing = turn.catch(() => undefined)
    await turn
  }
}
