import { Injectable } from '@nestjs/common'
import { LABEL_UID, type LabelledKind, Ownership } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { Engine } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import type { ReadEvent } from './engine-event.js'

/** Finds whose object an event is about, also while that is being made and after it is gone. Labels count only with their witness. */
@Injectable()
export class EventOwners {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
  ) {}

  /** Null: no team's. */
  async of({ kind, engineId, attributes }: ReadEvent): Promise<OwnershipRow | null> {
    if (kind === 'container') return (await this.known(kind, engineId)) ?? this.proven(kind, attributes)
    if (kind === 'network') return (await this.known(kind, engineId)) ?? this.looked(kind, engineId)
    if (kind !== 'volume') return null
    // A name may be another's by now: what lives first, and of what is gone only what we made ourselves.
    const live = await this.ownership.store.byEngineId(kind, engineId)
    if (live) return live
    const made = await this.looked(kind, engineId)
    if (made || this.engine.inventory.volumes.get(engineId)) return made
    const gone = await this.ownership.store.lastByEngineId(kind, engineId)
    return gone?.witness === 'label' ? gone : null
  }

  /** Ids of containers and networks are used once: whatever its state, the row is the object's. */
  known(kind: 'container' | 'network', engineId: string): Promise<OwnershipRow | null> {
    return this.ownership.store.lastByEngineId(kind, engineId)
  }

  /** Events of networks and volumes carry no labels, so the object itself is asked. */
  private async looked(kind: 'network' | 'volume', engineId: string): Promise<OwnershipRow | null> {
    const { inventory } = this.engine
    const known = (kind === 'network' ? inventory.networks : inventory.volumes).get(engineId)
    const row = known && (await this.proven(kind, known.labels))
    // what is known may be the volume before, whose row has ended
    if (row && row.state !== 'gone') return row
    try {
      const entry = await inventory.refresh(kind, engineId)
      return entry ? await this.proven(kind, entry.labels) : null
    } catch (error) {
      // an engine that is down, or an id that is none: then nobody but the host is told
      if (error instanceof AppError) return null
      throw error
    }
  }

  /** The row that the labels prove, also while it is pending. */
  private async proven(kind: LabelledKind, labels: Readonly<Record<string, string>>): Promise<OwnershipRow | null> {
    const uid = labels[LABEL_UID]
    if (!uid || !/^[0-9a-f-]{36}$/.test(uid)) return null
    const row = await this.ownership.store.byUid(uid)
    return row?.kind === kind && this.ownership.witness.proves(row, labels) ? row : null
  }
}
