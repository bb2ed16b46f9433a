import type { Grant, OperationId } from '../access/index.js'
import type { Engine } from '../engine/index.js'
import type { StreamContext } from '../streams/source.js'

/** States in which a container has processes. */
const RUNNING: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])

/** Resolves when the container has stopped or is gone, or when the signal aborts. */
export function whenStopped(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  return when(engine, id, signal, (state) => state === undefined || !RUNNING.has(state))
}

/** A container that is removed ends its streams by itself: its absence is no loss of rights. */
export function releaseWhenGone<Op extends OperationId>(
  engine: Engine,
  grant: Grant<Op>,
  { id, context }: { id: string; context: StreamContext<Op> },
): void {
  void when(engine, id, context.signal, (state) => state === undefined).then(() => context.release(grant))
}

function when(engine: Engine, id: string, signal: AbortSignal, is: (state: string | undefined) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (is(engine.inventory.containers.get(id)?.state)) done()
    }
    const done = (): void => {
      unlisten()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const unlisten = engine.inventory.changes.on(({ kind, id: changed }) => kind === 'container' && changed === id && look())
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
    else look()
  })
}
