import { AppError } from '../common/errors.js'
import type { Connection } from './connection.js'

/** One abort signal out of three reasons: the caller's own signal, the time limit, the engine going down meanwhile. */
export class CallLimit {
  private readonly controller = new AbortController()
  private readonly ends: (() => void)[] = []

  constructor(connection: Connection, options: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined }) {
    const { timeoutMs, signal } = options
    this.ends.push(connection.watch((error) => this.controller.abort(error)))
    if (timeoutMs !== undefined) {
      const timer = setTimeout(() => this.controller.abort(new AppError('ENGINE_TIMEOUT')), timeoutMs)
      this.ends.push(() => clearTimeout(timer))
    }
    if (signal) {
      const abort = (): void => this.controller.abort(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      this.ends.push(() => signal.removeEventListener('abort', abort))
    }
  }

  /** Its reason is what to throw. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Nothing ends the call from here on. */
  end(): void {
    for (const end of this.ends) end()
  }
}
