import { Readable, type Writable } from 'node:stream'

/** A client that takes nothing for so long holds a call of the engine for nothing. */
const STALLED_MS = 300_000

interface Ends {
  /** Called before the first read. */
  readonly begin: () => void
  /** Cuts the answer with its reason. */
  readonly ending: AbortSignal
  /** Bytes that the head of the answer promises. */
  readonly size?: number | undefined
}

/**
 * The body of an answer. It asks for a chunk when the one before is with the kernel, since a large answer of the engine goes
 * through one buffer: nothing may wait in a stream on the way. Its source is returned at every end.
 */
export class ByteBody extends Readable {
  private release: (() => void) | undefined
  private sent = 0

  constructor(
    private readonly chunks: AsyncGenerator<Uint8Array>,
    private readonly ends: Ends,
  ) {
    super()
    if (ends.ending.aborted) this.cut()
    else ends.ending.addEventListener('abort', this.cut, { once: true })
  }

  /** What the framework sends an answer by. */
  override pipe<T extends NodeJS.WritableStream>(to: T): T {
    this.pump(to as unknown as Writable).catch((error: unknown) => this.destroy(error as Error))
    return to
  }

  override _read(): void {
    // all goes by `pipe`
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.ends.ending.removeEventListener('abort', this.cut)
    this.leave()
    done(error)
  }

  private async pump(to: Writable): Promise<void> {
    const { begin, size } = this.ends
    begin()
    for (let turn = await this.chunks.next(); !turn.done; turn = await this.chunks.next()) {
      if (this.destroyed) return
      this.sent += turn.value.length
      if (size !== undefined && this.sent > size) throw new Error('the source has more bytes than it said')
      await this.written(to, turn.value)
    }
    if (this.destroyed) return
    // Node ends an answer that is too short without a word, and its client waits for the rest for ever
    if (size !== undefined && this.sent < size) throw new Error('the source has fewer bytes than it said')
    to.end()
    this.push(null)
    this.resume()
  }

  /** Resolves when the chunk is out, or nobody wants it any more. */
  private async written(to: Writable, chunk: Uint8Array): Promise<void> {
    const stalled = setTimeout(() => this.destroy(new Error('the client takes nothing')), STALLED_MS).unref()
    await new Promise<void>((resolve) => {
      this.release = resolve
      to.write(chunk, () => resolve())
    })
    clearTimeout(stalled)
  }

  private leave(): void {
    this.release?.()
    this.chunks.return(undefined).catch(() => undefined)
  }

  private readonly cut = (): void => void this.destroy(this.ends.ending.reason as Error)
}
