import type { Engine } from '../engine/index.js'

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
