import { Injectable } from '@nestjs/common'
import { type OwnedTarget, Ownership } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type ContainerEntry, Engine, type Inventory } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import { type Owner, summary, type TeamNames } from './container-view.js'
import type { ContainerSummary } from './dto/container.response.js'

/** Names out of the rows of volumes and networks. */
export function namesOf(rows: readonly OwnershipRow[], { networks }: Pick<Inventory, 'networks'>): TeamNames {
  const byId = new Map(rows.map((row) => [`${row.kind} ${row.engine_id}`, row.name]))
  const known = rows.flatMap((row) => (row.kind === 'network' && networks.get(row.engine_id ?? '')) || [])
  const idOf = new Map(known.map(({ engineName, id }) => [engineName, id]))
  return {
    volume: (engineName) => byId.get(`volume ${engineName}`) ?? null,
    // Before its first start the engine tells no id.
    network: ({ networkId, engineName }) => byId.get(`network ${networkId || idOf.get(engineName)}`) ?? null,
  }
}

/** Containers as their teams see them. */
@Injectable()
export class ContainerViews {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
  ) {}

  /** How the teams call their volumes and networks. */
  async names(teamIds: readonly string[]): Promise<TeamNames> {
    const visible = { teamIds }
    const [volumes, networks] = await Promise.all([
      this.ownership.store.inTeams('volume', visible),
      this.ownership.store.inTeams('network', visible),
    ])
    return namesOf([...volumes, ...networks], this.engine.inventory)
  }

  async owner(target: OwnedTarget<'container'>): Promise<Owner> {
    const row = target.uid === null ? null : await this.ownership.store.byUid(target.uid)
    // A rename in the same request has changed the row, not the target.
    return { team: target.team, name: row?.name ?? target.name, ours: row?.witness === 'label' }
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
    return summary(entry, await this.owner(target), await this.names(target.team ? [target.team.id] : []))
  }
}
