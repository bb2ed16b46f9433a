import { AppError } from '../common/errors.js'
import type { Engine } from '../engine/index.js'

/** States of a container in which more may be written to its log. */
export const LIVE: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])

/** Even without a sign something is looked at again. */
const LOOK_AGAIN_MS = 1_000

/** Resolves at the next change of the container (null: of any), after the limit, or when the signal aborts. */
export function containerChanged(engine: Engine, id: string | null, signal: AbortSignal, limit = LOOK_AGAIN_MS): Promise<void> {
  return next(signal, limit, (done) =>
    engine.inventory.changes.on((change) => {
      if (change.kind === 'container' && (id === null || change.id === id)) done()
    }),
  )
}

/** Resolves when the engine answers again; not at once, since the connection may be gone before the engine is. */
export async function engineUp(engine: Engine, signal: AbortSignal): Promise<void> {
  do await next(signal, 250, (done) => engine.onState(done))
  while (!engine.state.up && !signal.aborted)
}

async function next(signal: AbortSignal, limit: number, listen: (done: () => void) => () => void): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve } = Promise.withResolvers<void>()
  const unlisten = listen(resolve)
  const timer = setTimeout(resolve, limit)
  signal.addEventListener('abort', () => resolve(), { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    unlisten()
  }
  signal.throwIfAborted()
}

/** Resolves when the container is started or gone. */
export async function untilStarted(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const entry = engine.inventory.containers.get(id)
    if (!entry || LIVE.has(entry.state)) return
    await containerChanged(engine, id, signal)
  }
}

/** `unknown`: the engine went away meanwhile, the next reading will tell. Undefined: there is no such container. */
export async function containerState(engine: Engine, id: string): Promise<string | undefined> {
  try {
    return (await engine.inventory.refresh('container', id))?.state
  } catch (error) {
    if (error instanceof AppError) return 'unknown'
    throw error
  }
}
