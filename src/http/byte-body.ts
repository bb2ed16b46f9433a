import { Readable } from 'node:stream'

/** A client that takes nothing for so long holds a call of the engine for nothing. */
const STALLED_MS = 300_000
/** How much may wait between the source and the client. */
const WAITING_BYTES = 256 * 1024

interface Ends {
  /** Called before the first read. */
  readonly begin: () => void
  /** Cuts the answer with its reason. */
  readonly ending: AbortSignal
  /** Bytes that the head of the answer promises. */
  readonly size?: number | undefined
}

/** The body of an answer: it reads a chunk when the client has room for one, and returns its source at every end. */
export class ByteBody extends Readable {
  private begun = false
  private sent = 0
  private stalled: NodeJS.Timeout | undefined

  constructor(
    private readonly chunks: AsyncGenerator<Uint8Array>,
    private readonly ends: Ends,
  ) {
    super({ highWaterMark: WAITING_BYTES })
    if (ends.ending.aborted) this.cut()
    else ends.ending.addEventListener('abort', this.cut, { once: true })
  }

  override _read(): void {
    clearTimeout(this.stalled)
    if (!this.begun) this.ends.begin()
    this.begun = true
    this.chunks.next().then(
      ({ done, value }) => {
        if (this.destroyed) return
        this.stalled = setTimeout(() => this.destroy(new Error('the client takes nothing')), STALLED_MS).unref()
        if (done) this.complete()
        else if (this.isMore(value)) this.destroy(new Error('the source has more bytes than it said'))
        else this.push(value)
      },
      (error: unknown) => void this.destroy(error as Error),
    )
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.stalled)
    this.ends.ending.removeEventListener('abort', this.cut)
    this.leave()
    done(error)
  }

  private isMore(value: Uint8Array): boolean {
    this.sent += value.length
    return this.ends.size !== undefined && this.sent > this.ends.size
  }

  /** Node ends an answer that is too short without a word, and its client waits for the rest for ever. */
  private complete(): void {
    if (this.ends.size !== undefined && this.sent < this.ends.size) this.destroy(new Error('the source has fewer bytes than it said'))
    else this.push(null)
  }

  private leave(): void {
    this.chunks.return(undefined).catch(() => undefined)
  }

  private readonly cut = (): void => void this.destroy(this.ends.ending.reason as Error)
}
