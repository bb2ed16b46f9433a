/**
 * Bytes that pass through: read at the pace of whoever takes them, a chunk at a time, and never held. Services speak of them
 * in these two shapes; `src/http/bytes.ts` is where they become bodies of requests and answers.
 */

/** An answer made of bytes. Whoever gets it returns `chunks`, which must end what is behind them at once. */
export interface BytesOut {
  /** Media type; one of those that the handler's @AnswersBytes names. */
  readonly type: string
  /** A chunk may be overwritten when the next is asked for: a gigabyte then takes no memory. */
  readonly chunks: AsyncGenerator<Uint8Array>
  /** Name for saving it: makes the answer a download. Any text; it is encoded. */
  readonly name?: string
  /** Bytes, where they are known before the first: the answer then says so, and must have exactly as many. */
  readonly size?: number
  /** More fields of the head, printable ASCII. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A body made of bytes. */
export interface BytesIn {
  /** Media type in lower case, without parameters; empty where the client did not say. */
  readonly type: string
  /** Bytes, where the client says so. */
  readonly size: number | null
  /** To be read once. Throws CLIENT_GONE, BODY_TOO_LARGE, REQUEST_TIMEOUT (none came for a minute) or why the right to send it ended. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Aborts, with the reason, when the client leaves or loses the right before the answer: pass it on to the engine. */
  readonly signal: AbortSignal
}
