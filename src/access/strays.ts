import { randomUUID } from 'node:crypto'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { ContainerEntry, Inventory, VolumeEntry } from '../engine/index.js'
import { isUniqueViolation } from '../store/database.js'
import type { OwnershipStore } from '../store/ownership.store.js'
import type { OwnershipRow } from '../store/schema.js'
import { creationOf } from './witness.js'

/**
 * Did the engine make this volume for this container? Of a name that has no volume it makes one, without a label. It tells the
 * time of a volume in whole seconds, by the clock that it has for containers too.
 */
export function cameWith({ labels, created }: VolumeEntry, container: Pick<ContainerEntry, 'created'>): boolean {
  return Object.keys(labels).length === 0 && created >= Math.floor(container.created / 1000) * 1000
}

/**
 * The team removed a volume while the engine had yet to make a container that mounts it: what the engine made of the name is the
 * team's, as its creation asked for. Only of a name whose volume was the same team's: nothing else is theirs by being mounted.
 */
export async function adoptStrays(
  { store, inventory }: { readonly store: OwnershipStore; readonly inventory: Inventory },
  { team_id: teamId }: OwnershipRow,
  container: ContainerEntry,
): Promise<void> {
  for (const { type, name = '' } of container.mounts) {
    const former = type === 'volume' ? await store.lastByEngineId('volume', name) : null
    if (former?.state !== 'gone' || former.team_id !== teamId) continue
    const entry = await inventory.refresh('volume', name)
    if (entry && cameWith(entry, container)) await store.insert(adopted(former, entry)).catch(ignoreTaken)
  }
}

function adopted({ team_id, name, creator_id }: OwnershipRow, { id, created }: VolumeEntry): OwnershipRow {
  return {
    uid: randomUUID(),
    kind: 'volume',
    team_id,
    name,
    engine_id: id,
    engine_created: creationOf(created),
    witness: 'adopted',
    state: 'live',
    creator_id,
    process_id: null,
    lease_until: null,
    created_at: nowIso(),
    holds_name: 1,
  }
}

/** The team has another of that name, no room, or is deleted: then it is nobody's, and an administrator sees it. */
function ignoreTaken(error: unknown): void {
  if (!isUniqueViolation(error) && !(error instanceof AppError)) throw error
}
