import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { Config } from '../config/config.js'
import { Inventory } from '../engine/index.js'
import { SubnetStore } from '../store/subnets.store.js'
import { HostRoutes } from './host-routes.js'
import { type Cidr, formatCidr, overlap, parseCidr, partsOf } from './ipv4.js'

/** Of every network of a team: 253 containers. */
const SUBNET_BITS = 24

/** Subnets of the teams' networks: one row each, from the pool, where neither the host nor another network is. */
@Injectable()
export class Subnets {
  private readonly pool: Cidr

  constructor(
    config: Config,
    private readonly store: SubnetStore,
    private readonly inventory: Inventory,
    private readonly routes: HostRoutes,
  ) {
    this.pool = parseCidr(config.BERTH_NETWORK_POOL)!
  }

  /**
   * The subnet of the network with this uid: what it holds already, else the first that is free and not among `refused`.
   * It is free again when the network's ownership row ends.
   * @throws AppError NETWORK_POOL_EXHAUSTED
   */
  async reserve(uid: string, refused: ReadonlySet<string>): Promise<string> {
    const taken = [...(await this.routes.read()), ...this.onEngine()]
    const subnet = await this.store.reserve(uid, this.candidates(taken, refused))
    if (subnet === null) throw new AppError('NETWORK_POOL_EXHAUSTED')
    return subnet
  }

  /** The engine does not take it. */
  giveBack(uid: string): Promise<void> {
    return this.store.release(uid)
  }

  private *candidates(taken: readonly Cidr[], refused: ReadonlySet<string>): Generator<string> {
    for (const part of partsOf(this.pool, SUBNET_BITS))
      if (!refused.has(formatCidr(part)) && !taken.some((other) => overlap(part, other))) yield formatCidr(part)
  }

  private onEngine(): Cidr[] {
    const subnets = this.inventory.networks.all().flatMap((network) => network.subnets)
    return subnets.flatMap((subnet) => parseCidr(subnet) ?? [])
  }
}
