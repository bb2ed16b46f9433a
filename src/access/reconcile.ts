import { nowIso } from '../common/clock.js'
import type { ContainerEntry, Inventory, NetworkEntry, VolumeEntry } from '../engine/index.js'
import type { OwnershipStore } from '../store/ownership.store.js'
import type { OwnershipRow } from '../store/schema.js'
import { adoptStrays } from './strays.js'
import { LABEL_UID, creationOf, type Witness } from './witness.js'

/** Kinds whose objects are on the engine with our labels. */
export type LabelledKind = 'container' | 'volume' | 'network'
export const LABELLED_KINDS: readonly LabelledKind[] = ['container', 'volume', 'network']

type Entry = ContainerEntry | VolumeEntry | NetworkEntry

/** What of the engine one row stands for. */
export interface RowKeeping {
  readonly store: OwnershipStore
  readonly witness: Witness
  readonly inventory: Inventory
}

/** All objects of a kind that the engine has. */
export function objectsOf(inventory: Inventory, kind: LabelledKind): Entry[] {
  return { container: inventory.containers, volume: inventory.volumes, network: inventory.networks }[kind].all()
}

/**
 * Brings one row in line: pending with its object there → live; pending, lease over, no object → gone; live without its
 * object → gone. True when the row ended.
 */
export async function reconcileRow(keeping: RowKeeping, row: OwnershipRow): Promise<boolean> {
  if (!isLabelled(row.kind)) return false
  if (row.state === 'live') return endIfGone(keeping, row, row.kind)
  const object = objectsOf(keeping.inventory, row.kind).find(
    (entry) => entry.labels[LABEL_UID] === row.uid && keeping.witness.proves(row, entry.labels),
  )
  if (object) {
    if (object.kind === 'container') await adoptStrays(keeping, row, object)
    await keeping.store.settle(row.uid, object.id, creationOf(object.created))
    return false
  }
  if (row.lease_until !== null && row.lease_until > nowIso()) return false
  await keeping.store.end(row.uid)
  return true
}

/**
 * Gives what came after its row had been given up (the engine took longer than a lease) to the team that asked for it. Only a row
 * that never stood for anything: one that did has lost its object, and what has the same labels is a copy or a restored backup.
 */
export async function reviveRow(keeping: RowKeeping, kind: LabelledKind, object: Entry): Promise<void> {
  const row = await keeping.store.byUid(object.labels[LABEL_UID] ?? '')
  if (row?.kind !== kind || row.state !== 'gone' || row.engine_id !== null || !keeping.witness.proves(row, object.labels)) return
  // Just removed by another process, the inventory may have it still.
  const present = await keeping.inventory.refresh(kind, object.id)
  if (!present || !keeping.witness.proves(row, present.labels)) return
  if (!(await keeping.store.revive(row, object.id, creationOf(object.created)))) return
  if (present.kind === 'container') await adoptStrays(keeping, row, present)
}

async function endIfGone(keeping: RowKeeping, row: OwnershipRow, kind: LabelledKind): Promise<boolean> {
  if (keeping.witness.agrees(row)) return false
  // Just made, the inventory may not have met it: the engine itself has the last word.
  const entry = await keeping.inventory.refresh(kind, row.engine_id ?? '')
  if (entry && keeping.witness.agrees(row)) return false
  await keeping.store.end(row.uid)
  return true
}

function isLabelled(kind: OwnershipRow['kind']): kind is LabelledKind {
  return kind === 'container' || kind === 'volume' || kind === 'network'
}
