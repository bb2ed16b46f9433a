import { setTimeout as delay } from 'node:timers/promises'

export interface StallTimes {
  /** Silence after which the engine is asked whether there is more: short, since a log that rotates forgets meanwhile. */
  readonly firstMs: number
  /** Each time there was nothing the next look is twice as far, up to this. */
  readonly idleMs: number
  /** What may be on its way meanwhile. */
  readonly graceMs: number
}

const TIMES: StallTimes = { firstMs: 2_000, idleMs: 30_000, graceMs: 1_000 }

/**
 * Passes a follower through, and ends it when it has stalled: one that the engine has rotated over stays silent for ever,
 * without an error (measured). Whoever reads goes on by its cursor then. Silence of the reader does not count.
 */
export async function* untilStalled<T>(
  source: AsyncGenerator<T>,
  hasMore: () => Promise<boolean>,
  times = TIMES,
): AsyncGenerator<T, 'stalled' | 'ended', undefined> {
  try {
    for (;;) {
      const turn = await nextUnlessStalled(source, hasMore, times)
      if (turn === 'stalled') return 'stalled'
      if (turn.done === true) return 'ended'
      yield turn.value
    }
  } finally {
    await source.return(undefined)
  }
}

async function nextUnlessStalled<T>(
  source: AsyncGenerator<T>,
  hasMore: () => Promise<boolean>,
  { firstMs, idleMs, graceMs }: StallTimes,
): Promise<IteratorResult<T> | 'stalled'> {
  let arrived = false
  const turn = source.next().finally(() => (arrived = true))
  const looking = new AbortController()
  const look = async (): Promise<'stalled'> => {
    for (let idle = firstMs; ; idle = Math.min(2 * idle, idleMs)) {
      await delay(idle, undefined, { signal: looking.signal, ref: false })
      // an engine that can't be asked ends the follower itself
      if (!(await hasMore().catch(() => false))) continue
      await delay(graceMs, undefined, { signal: looking.signal, ref: false })
      if (!arrived) return 'stalled'
    }
  }
  try {
    return await Promise.race([turn, look()])
  } finally {
    looking.abort()
    // the loser's end is nobody's concern
    turn.catch(() => undefined)
  }
}
