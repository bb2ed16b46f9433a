import { isDeepStrictEqual } from 'node:util'
import type { InventoryChange, InventoryEntry, InventoryView } from './inventory-types.js'

/** Numbers that only rise, shared by all shelves: the order in which the engine was asked. */
export class Sequence {
  private last = 0

  next(): number {
    return ++this.last
  }
}

/**
 * The entries of one kind. Each write carries the number that was drawn before the engine was asked: an answer to an older
 * question never overwrites a newer one, whichever comes first.
 */
export class Shelf<E extends InventoryEntry> implements InventoryView<E> {
  private readonly entries = new Map<string, E>()
  /** The number of the last write of each object, also of removed ones until a list is newer. */
  private readonly written = new Map<string, number>()

  constructor(private readonly tell: (change: Omit<InventoryChange, 'revision'>) => void) {}

  get size(): number {
    return this.entries.size
  }

  get(id: string): E | undefined {
    return this.entries.get(id)
  }

  all(): E[] {
    return [...this.entries.values()]
  }

  /** Returns false when something newer is there. */
  put(entry: E, seq: number): boolean {
    const { id, kind } = entry
    if (!this.isNewer(id, seq)) return false
    this.written.set(id, seq)
    const before = this.entries.get(id)
    if (before !== undefined && isDeepStrictEqual(before, entry)) return true
    this.entries.set(id, entry)
    this.tell({ kind, id, entry, action: before === undefined ? 'added' : 'changed' })
    return true
  }

  remove(id: string, seq: number): void {
    if (!this.isNewer(id, seq)) return
    this.written.set(id, seq)
    const entry = this.entries.get(id)
    if (entry === undefined) return
    this.entries.delete(id)
    this.tell({ kind: entry.kind, id, entry, action: 'removed' })
  }

  /** Removes what a list that was asked for at `seq` does not have. */
  retain(ids: ReadonlySet<string>, seq: number): void {
    for (const id of this.entries.keys()) if (!ids.has(id)) this.remove(id, seq)
    for (const [id, at] of this.written) if (at <= seq && !this.entries.has(id)) this.written.delete(id)
  }

  isNewer(id: string, seq: number): boolean {
    return seq > (this.written.get(id) ?? 0)
  }
}
