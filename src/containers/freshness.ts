import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import type { Inventory } from '../engine/index.js'

/** With what comes before and after it, an engine that is down is told of within a second. */
const PATIENCE_MS = 500
const STEP_MS = 20

/**
 * Changes wait for the inventory, for half a second at most: what is decided on a state of before a gap may hit another object.
 * @throws AppError ENGINE_UNAVAILABLE
 */
export async function assertFresh(inventory: Inventory): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (inventory.stale) {
    if (performance.now() > end) throw new AppError('ENGINE_UNAVAILABLE')
    await delay(STEP_MS)
  }
}
