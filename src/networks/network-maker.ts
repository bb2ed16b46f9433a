import { Injectable } from '@nestjs/common'
import { type Claim, Ownership } from '../access/index.js'
import { AppError, isCertain } from '../common/errors.js'
import { Engine, type NetworkEntry, SUBNET_OVERLAPS } from '../engine/index.js'
import { networkSpec, type NetworkWishes } from './network-spec.js'
import { Subnets } from './subnets.js'

/** Makes the network of a claim on the engine, on a subnet of its own. */
@Injectable()
export class NetworkMaker {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly subnets: Subnets,
  ) {}

  /**
   * Makes it and settles the claim. With an uncertain answer the row stays pending, and whoever comes next goes on with it.
   * @throws AppError NETWORK_POOL_EXHAUSTED, POLICY_DENIED, engine errors
   */
  async make(claim: Claim, wishes: NetworkWishes = {}): Promise<NetworkEntry> {
    try {
      const entry = await this.build(claim, wishes)
      await this.ownership.settle(claim, entry.id, entry.created)
      return entry
    } catch (error) {
      if (isCertain(error)) await this.ownership.abandon(claim)
      throw error
    }
  }

  /** What the engine has under the claim's uid, whatever the inventory knows. */
  async find({ uid, kind, team }: Claim): Promise<NetworkEntry | undefined> {
    const row = { uid, kind, team_id: team.id }
    const found = (await this.engine.networks.list()).find(({ Labels }) => this.ownership.witness.proves(row, Labels ?? {}))
    return found && this.engine.inventory.refresh('network', found.Id)
  }

  private async build(claim: Claim, wishes: NetworkWishes): Promise<NetworkEntry> {
    const refused = new Set<string>()
    let { engineName } = claim
    for (;;) {
      const subnet = await this.subnets.reserve(claim.uid, refused)
      try {
        const { Id } = await this.engine.networks.create(networkSpec({ engineName, subnet, labels: claim.labels }, wishes))
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
}

function isOverlap(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CONFLICT' && error.details['reason'] === SUBNET_OVERLAPS
}
