import type { Frame } from './frames.js'

/** A hijacked connection: an exec or an attach. Whoever opened it closes it. */
export interface Session {
  /** What the process writes, as it comes; reading pulls, so a reader that stops pauses the process. Ends with the process. */
  readonly output: AsyncIterable<Frame>
  /** Resolves when the engine has taken the bytes (back-pressure). Rejects after the end. */
  write(bytes: Uint8Array): Promise<void>
  /** Half-close: the process reads end-of-file; its output goes on. */
  end(): void
  /** Ends both directions at once. The process of an exec is not killed by it. */
  close(): void
  /** Resolves when the connection is gone, however it ended. */
  readonly closed: Promise<void>
}
