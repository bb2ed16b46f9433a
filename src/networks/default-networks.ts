import { Injectable, Logger } from '@nestjs/common'
import { Ownership } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { DEFAULT_NETWORK, type NetworkOwner, type TeamNetwork } from '../common/team-network.js'
import { Engine, type NetworkEntry } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import { SubnetStore } from '../store/subnets.store.js'
import { NetworkMaker } from './network-maker.js'

/** The default network of each team: made when a first container needs it, and gone with the team. */
@Injectable()
export class DefaultNetworks {
  private readonly logger = new Logger('networks')

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly maker: NetworkMaker,
    private readonly store: SubnetStore,
  ) {}

  /** @throws AppError NETWORK_POOL_EXHAUSTED, NOT_FOUND of a team that was deleted, engine errors */
  async ensure(team: NetworkOwner): Promise<TeamNetwork> {
    return (await this.present(team)) ?? this.alone(team, async () => view(await this.take(team)))
  }

  /** Removes the network of a team that was deleted, and ends its row; never throws. */
  release(team: NetworkOwner): Promise<void> {
    return this.discard(team).catch((error: unknown) => {
      // The row stays, and with it the reconciler's knowledge that there is something to do.
      this.logger.warn({ err: error, team: team.name }, 'the network of a deleted team could not be removed yet')
    })
  }

  /** Removes it; it comes back with the next container that needs it. @throws AppError CONFLICT while a container is on it */
  discard(team: NetworkOwner): Promise<void> {
    return this.alone(team, () => this.remove(team))
  }

  private async present(team: NetworkOwner): Promise<TeamNetwork | null> {
    const [row] = await this.ownership.store.byName('network', DEFAULT_NETWORK, { teamIds: [team.id] })
    if (!row?.engine_id || !this.ownership.witness.agrees(row)) return null
    const { inventory } = this.engine
    const entry = inventory.networks.get(row.engine_id) ?? (await inventory.refresh('network', row.engine_id))
    return entry ? view(entry) : null
  }

  /** Under the team's lock: a pending row is what a crash or a lost answer left, never somebody's work. */
  private async take(team: NetworkOwner): Promise<NetworkEntry> {
    const row = await this.ownership.store.holder('network', DEFAULT_NETWORK, team.id)
    if (row?.state !== 'live') return this.make(team, row)
    const entry = await this.engine.inventory.refresh('network', row.engine_id ?? '')
    if (entry && this.ownership.witness.agrees(row)) return entry
    // Removed beside the gateway: its name is free.
    await this.ownership.end(row.uid)
    return this.make(team, null)
  }

  private async make(team: NetworkOwner, left: OwnershipRow | null): Promise<NetworkEntry> {
    if (!left) return this.maker.make(await this.ownership.claim({ kind: 'network', team, name: DEFAULT_NETWORK, creatorId: null }))
    const claim = await this.ownership.resume(left, team)
    const entry = await this.maker.find(claim)
    if (!entry) return this.maker.make(claim)
    await this.ownership.settle(claim, entry.id, entry.created)
    return entry
  }

  private async remove(team: NetworkOwner): Promise<void> {
    const row = await this.ownership.store.holder('network', DEFAULT_NETWORK, team.id)
    if (!row) return
    const id = row.engine_id ?? (await this.maker.find(await this.ownership.resume(row, team)))?.id
    if (id !== undefined) {
      await this.engine.networks.remove(id).catch(ignoreMissing)
      await this.engine.inventory.refresh('network', id)
    }
    await this.ownership.end(row.uid)
  }

  private alone<T>({ id }: NetworkOwner, work: () => Promise<T>): Promise<T> {
    return this.store.alone(`${DEFAULT_NETWORK} ${id}`, work)
  }
}

function view({ engineName, id }: NetworkEntry): TeamNetwork {
  return { engineName, engineId: id, name: DEFAULT_NETWORK }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
}
