import { Injectable } from '@nestjs/common'
import { type OwnedTarget, Ownership, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type ContainerEntry, Engine } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import { type Owner, summary, type TeamNames } from './container-view.js'
import type { ContainerSummary } from './dto/container.response.js'
import { NO_NAMES } from './team-names.js'
import { OwnedRows } from './watch/watch-owned.js'

/** Containers as their teams see them. */
@Injectable()
export class ContainerViews {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly rows: OwnedRows,
  ) {}

  /** How the team calls its volumes and networks; kept in memory until something of it is written. */
  async names(team: TeamRef | null): Promise<TeamNames> {
    return team ? (await this.rows.of(team.id)).names : NO_NAMES
  }

  async owner(target: OwnedTarget<'container'>): Promise<Owner> {
    return ownerOf(target, target.uid === null ? null : await this.ownership.store.byUid(target.uid))
  }

  /**
   * The container as the engine has it now. One that went with its end (autoRemove) is answered as it was last known.
   * @throws AppError NOT_FOUND
   */
  async fresh(target: OwnedTarget<'container'>, last?: ContainerEntry): Promise<ContainerSummary> {
    const found = await this.engine.inventory.refresh('container', target.engineId)
    const entry = found ?? (last && { ...last, state: 'removing' as const })
    if (!entry) throw new AppError('NOT_FOUND')
    return this.known(target, entry)
  }

  /** What is known of it, without asking the engine. */
  async known(target: OwnedTarget<'container'>, entry: ContainerEntry): Promise<ContainerSummary> {
    return summary(entry, await this.owner(target), await this.names(target.team))
  }
}

/** Whose container it is by its row as it is now: a rename in the same request has changed the row, not the target. */
export function ownerOf({ team, name }: OwnedTarget<'container'>, row: OwnershipRow | null): Owner {
  return { team, name: row?.name ?? name, ours: row?.witness === 'label' }
}
