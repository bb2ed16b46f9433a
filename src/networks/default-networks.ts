import { Injectable, Logger } from '@nestjs/common'
import { type Claim, Ownership } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { DEFAULT_NETWORK, type NetworkOwner, type TeamNetwork } from '../common/team-network.js'
import { Engine, type NetworkEntry, SUBNET_OVERLAPS } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import { SubnetStore } from '../store/subnets.store.js'
import { networkSpec } from './network-spec.js'
import { Subnets } from './subnets.js'

/** The default network of each team: made when a first container needs it, and gone with the team. */
@Injectable()
export class DefaultNetworks {
  private readonly logger = new Logger('networks')

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly subnets: Subnets,
    private readonly store: SubnetStore,
  ) {}

  /** @throws AppError NETWORK_POOL_EXHAUSTED, NOT_FOUND of a team that was deleted, engine errors */
  async ensure(team: NetworkOwner): Promise<TeamNetwork> {
    return (await this.present(team)) ?? this.alone(team, async () => view(await this.take(team)))
  }

  /** Removes the network of a team that was deleted, and ends its row; never throws. */
  release(team: NetworkOwner): Promise<void> {
    return this.alone(team, () => this.remove(team)).catch((error: unknown) => {
      // The row stays, and with it the reconciler's knowledge that there is something to do.
      this.logger.warn({ err: error, team: team.name }, 'the network of a deleted team could not be removed yet')
    })
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
    const claim = left
      ? await this.ownership.resume(left, team)
      : await this.ownership.claim({ kind: 'network', team, name: DEFAULT_NETWORK, creatorId: null })
    try {
      const entry = (left && (await this.find(claim))) ?? (await this.build(claim))
      await this.ownership.settle(claim, entry.id, entry.created)
      return entry
    } catch (error) {
      if (isCertain(error)) await this.ownership.abandon(claim)
      throw error
    }
  }

  private async build(claim: Claim): Promise<NetworkEntry> {
    const refused = new Set<string>()
    let { engineName } = claim
    for (;;) {
      const subnet = await this.subnets.reserve(claim.uid, refused)
      try {
        const { Id } = await this.engine.networks.create(networkSpec({ engineName, subnet, labels: claim.labels }))
        const entry = await this.engine.inventory.refresh('network', Id)
        if (!entry) throw new AppError('CONFLICT', { reason: 'the network was removed while it was made' })
        return entry
      } catch (error) {
        if (isOverlap(error)) {
          refused.add(subnet)
          await this.subnets.giveBack(claim.uid)
          continue
        }
        if (!(error instanceof AppError) || error.code !== 'NAME_IN_USE') throw error
        const own = await this.find(claim)
        if (own) return own
        // Somebody beside the gateway took the name: no reason for the team to have no network.
        if (engineName !== claim.engineName) throw error
        engineName = `${claim.engineName}-${claim.uid.slice(0, 8)}`
      }
    }
  }

  /** What the engine has under the claim's uid, whatever the inventory knows. */
  private async find({ uid, kind, team }: Claim): Promise<NetworkEntry | undefined> {
    const row = { uid, kind, team_id: team.id }
    const found = (await this.engine.networks.list()).find(({ Labels }) => this.ownership.witness.proves(row, Labels ?? {}))
    return found && this.engine.inventory.refresh('network', found.Id)
  }

  private async remove(team: NetworkOwner): Promise<void> {
    const row = await this.ownership.store.holder('network', DEFAULT_NETWORK, team.id)
    if (!row) return
    const id = row.engine_id ?? (await this.find(await this.ownership.resume(row, team)))?.id
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

function isOverlap(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CONFLICT' && error.details['reason'] === SUBNET_OVERLAPS
}

/** Anything else may have been done all the same: the row stays pending, and the next call goes on with it. */
function isCertain(error: unknown): boolean {
  return error instanceof AppError && !['ENGINE_UNAVAILABLE', 'ENGINE_TIMEOUT', 'ENGINE_PROTOCOL', 'STOPPING'].includes(error.code)
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
}
