import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../common/errors.js'
import type { Engine } from '../../engine/index.js'

/** Less than the second within which a missing engine is told of. */
const PATIENCE_MS = 700
const STEP_MS = 20

/**
 * Changes wait a moment for the inventory: what is decided on a state of before a gap may hit another object. They do not
 * wait for an engine that is known to be down.
 * @throws AppError ENGINE_UNAVAILABLE
 */
export async function assertFresh({ inventory, state }: Pick<Engine, 'inventory' | 'state'>): Promise<void> {
  if (!state.up && state.problem !== undefined) throw new AppError('ENGINE_UNAVAILABLE')
  const end = performance.now() + PATIENCE_MS
  while (inventory.stale) {
    if (performance.now() > end) throw new AppError('ENGINE_UNAVAILABLE')
    await delay(STEP_MS)
  }
}
