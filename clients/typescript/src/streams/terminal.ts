import type { StreamEnd } from '../generated/protocol.js'
import type { ExecStream } from './exec.js'

interface Disposable {
  dispose(): void
}

/** A terminal on a screen: xterm.js is one as it is, a Node process by `nodeTerminal`. */
export interface TerminalScreen {
  /** Takes bytes; a promise or a callback says when they are worked off. */
  write(data: Uint8Array, done?: () => void): void
  onData(listener: (data: string | Uint8Array) => void): Disposable
  onResize?(listener: (size: { rows: number; cols: number }) => void): Disposable
}

/**
 * Puts a session on a screen until it ends: output, keys and size. A screen that is slow slows the process down, not this.
 *
 * ```ts
 * const exec = await streams.exec({ container: 'web', command: ['sh'], tty: true, rows: term.rows, cols: term.cols })
 * const { reason, exitCode } = await showTerminal(exec, term)
 * ```
 */
export async function showTerminal(session: ExecStream, screen: TerminalScreen): Promise<StreamEnd> {
  const ignored = (): void => undefined
  const disposables = [
    // what is typed while the connection is down is lost, as at any terminal
    screen.onData((data) => void session.write(data).catch(ignored)),
    screen.onResize?.((size) => void session.resize(size).catch(ignored)),
  ]
  try {
    for await (const record of session) {
      if ('data' in record) await new Promise<void>((done) => screen.write(record.data, done))
    }
    return await session.ended
  } finally {
    for (const disposable of disposables) disposable?.dispose()
  }
}

/** The parts of Node's `process` that a terminal needs. */
export interface NodeProcess {
  readonly stdin: {
    readonly isTTY?: boolean
    setRawMode?(raw: boolean): unknown
    resume(): unknown
    pause(): unknown
    on(event: 'data', listener: (data: Uint8Array) => void): unknown
    off(event: 'data', listener: (data: Uint8Array) => void): unknown
  }
  readonly stdout: {
    readonly rows?: number
    readonly columns?: number
    write(data: Uint8Array, done?: () => void): unknown
    on(event: 'resize', listener: () => void): unknown
    off(event: 'resize', listener: () => void): unknown
  }
}

/** The terminal that a Node program was started in, with every key going to the session. `dispose` gives it back. */
export function nodeTerminal({ stdin, stdout }: NodeProcess): TerminalScreen & Disposable & { size(): { rows: number; cols: number } } {
  const size = (): { rows: number; cols: number } => ({ rows: stdout.rows ?? 24, cols: stdout.columns ?? 80 })
  stdin.setRawMode?.(true)
  stdin.resume()
  return {
    size,
    write: (data, done) => void stdout.write(data, done),
    onData: (listener) => {
      stdin.on('data', listener)
      return { dispose: () => void stdin.off('data', listener) }
    },
    onResize: (listener) => {
      const tell = (): void => listener(size())
      stdout.on('resize', tell)
      return { dispose: () => void stdout.off('resize', tell) }
    },
    dispose: () => {
      stdin.setRawMode?.(false)
      stdin.pause()
    },
  }
}
