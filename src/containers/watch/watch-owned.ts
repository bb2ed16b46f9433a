import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { isDeepStrictEqual } from 'node:util'
import { Ownership } from '../../access/index.js'
import { Inventory } from '../../engine/index.js'
import { ProcessStore } from '../../store/processes.store.js'
import type { OwnershipRow } from '../../store/schema.js'
import type { TeamNames } from '../container-view.js'
import { namesOf } from '../team-names.js'

/** What one team owns, as far as its containers show it. */
export interface TeamRows {
  readonly containers: readonly OwnershipRow[]
  readonly names: TeamNames
}

interface Kept extends TeamRows {
  /** Volumes and networks: what the names are made of. */
  readonly named: readonly OwnershipRow[]
  /** Of the engine's networks, whose names the names are found by. */
  readonly networks: number
  readonly revision: number
  readonly until: number
}

/** Longest time that a write of another process may stay unseen here, unless its Berth-Revision is sent back. */
const TTL_MS = 500
/** Teams are few; this is only an end. */
const MOST_TEAMS = 1_000

/**
 * Ownership rows of teams in memory. A write of this process makes them old before it is answered, so it is visible to its
 * writer in the next read; on a shared database they are read again after half a second.
 */
@Injectable()
export class OwnedRows implements OnModuleDestroy {
  private readonly kept = new Map<string, Kept>()
  private networks = 0
  private readonly unlisten: () => void

  constructor(
    private readonly ownership: Ownership,
    private readonly inventory: Inventory,
    private readonly processes: ProcessStore,
  ) {
    this.unlisten = inventory.changes.on(({ kind }) => kind === 'network' && this.networks++)
  }

  onModuleDestroy(): void {
    this.unlisten()
  }

  /** Do writes of other processes happen? */
  get shared(): boolean {
    return !this.processes.exclusive
  }

  /** Hears of every write of this process. Returns the way to stop listening. */
  onWrite(listener: () => void): () => void {
    return this.ownership.store.onWrite(listener)
  }

  async of(teamId: string): Promise<TeamRows> {
    const kept = this.kept.get(teamId)
    const { revision } = this.ownership.store
    if (kept?.revision === revision && kept.networks === this.networks && Date.now() < kept.until) return kept
    const read = await this.read(teamId, kept)
    if (this.kept.size >= MOST_TEAMS) this.kept.clear()
    this.kept.set(teamId, read)
    return read
  }

  /** Whose container it is: that our labels on it are ours depends on it. */
  agrees(row: OwnershipRow): boolean {
    return this.ownership.witness.agrees(row)
  }

  /** Names that are as they were stay the same object: views that were made with them go on. */
  private async read(teamId: string, before: Kept | undefined): Promise<Kept> {
    const { store } = this.ownership
    // before the question: a write in the meantime makes the answer old
    const { revision } = store
    const { networks: seen } = this
    const until = this.shared ? Date.now() + TTL_MS : Infinity
    const visible = { teamIds: [teamId] }
    const [containers, volumes, networks] = await Promise.all([
      store.inTeams('container', visible),
      store.inTeams('volume', visible),
      store.inTeams('network', visible),
    ])
    const named = [...volumes, ...networks]
    const same = before?.networks === seen && isDeepStrictEqual(before.named, named)
    return { containers, named, names: same ? before.names : namesOf(named, this.inventory), networks: seen, revision, until }
  }
}
