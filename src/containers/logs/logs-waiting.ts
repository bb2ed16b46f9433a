import { AppError } from '../../common/errors.js'
import type { Engine } from '../../engine/index.js'
import { CutShort } from '../../streams/source.js'

/** How one reading of a log came to its end. */
export type Pass = 'read' | 'short' | 'engine_unavailable' | 'removed'

/** The end that an error of a reading is; null where it is none to go on from. */
export function passOf(error: unknown): Pass | null {
  if (error instanceof CutShort) return 'short'
  if (!(error instanceof AppError)) return null
  if (error.code === 'NOT_FOUND') return 'removed'
  return error.code === 'ENGINE_UNAVAILABLE' || error.code === 'ENGINE_TIMEOUT' ? 'engine_unavailable' : null
}

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
  const aborted = (): void => resolve()
  signal.addEventListener('abort', aborted, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    unlisten()
    // a stream that is open for days waits often
    signal.removeEventListener('abort', aborted)
  }
  signal.throwIfAborted()
}

/** Resolves when the container is started or gone, or nobody wants to know any more. */
export async function untilStarted(
  engine: Engine,
  id: string,
  { signal, isPast }: { signal: AbortSignal; isPast: () => boolean },
): Promise<void> {
  for (;;) {
    const entry = engine.inventory.containers.get(id)
    if (!entry || LIVE.has(entry.state) || isPast()) return
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

/** Time of the newest line of a log in unix nanoseconds; 0 where there is none. */
export async function newestTime(engine: Engine, id: string, options: { tty: boolean; signal: AbortSignal }): Promise<bigint> {
  let newest = 0n
  for await (const { time } of await engine.containers.logLines(id, { ...options, tail: 1 })) if (time > newest) newest = time
  return newest
}

/** A history of which the beginning has been looked at. */
export async function* resumed<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T, void> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

/** A history that is empty. */
export async function* nothing(): AsyncGenerator<never, void> {
  yield* []
}
