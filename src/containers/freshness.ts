import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import type { Inventory } from '../engine/index.js'

const PATIENCE_MS = 1_000
const STEP_MS = 20

/**
 * Changes wait for the inventory, for a second at most: what is decided on a state of before a gap may hit another object.
 * @throws AppError ENGINE_UNAVAILABLE
 */
export async function assertFresh(inventory: Inventory): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (inventory.stale) {
    if (performance.now() > end) throw new AppError('ENGINE_UNAVAILABLE')
    await delay(STEP_MS)
  }
}
