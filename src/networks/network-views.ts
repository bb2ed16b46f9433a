import { Injectable } from '@nestjs/common'
import { Ownership, type TeamRef } from '../access/index.js'
import { ownLabels } from '../admission/index.js'
import { DEFAULT_NETWORK } from '../common/team-network.js'
import { type ContainerEntry, Engine, type NetworkEntry } from '../engine/index.js'
import type { Network, NetworkMember } from './dto/network.dto.js'
import { Endpoints, ownAliases } from './endpoints.js'

/** Engine ids of networks → the containers of their team that are on them, by name. */
export type Members = ReadonlyMap<string, readonly NetworkMember[]>

/** Networks as their teams see them. What the host's operator put on one beside the gateway is not shown. */
@Injectable()
export class NetworkViews {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly endpoints: Endpoints,
  ) {}

  /** Of all networks of the teams; the engine is not asked, and its own list would leave out what does not run. */
  async members(teamIds: readonly string[]): Promise<Members> {
    const members = new Map<string, NetworkMember[]>()
    for (const row of await this.ownership.owned('container', teamIds)) {
      const entry = this.engine.inventory.containers.get(row.engine_id ?? '')
      for (const [network, member] of entry ? this.places(entry, row.name) : [])
        members.set(network, [...(members.get(network) ?? []), member])
    }
    for (const list of members.values()) list.sort((a, b) => (a.name < b.name ? -1 : 1))
    return members
  }

  view(entry: NetworkEntry, { team, name }: { team: TeamRef; name: string }, members: Members): Network {
    const { id, driver, internal, created, subnets, labels } = entry
    return {
      id,
      name,
      team: team.name,
      driver,
      internal,
      isDefault: name === DEFAULT_NETWORK,
      createdAt: new Date(created).toISOString(),
      subnet: subnets[0] ?? null,
      labels: ownLabels(labels),
      members: [...(members.get(id) ?? [])],
    }
  }

  private places(entry: ContainerEntry, name: string): [string, NetworkMember][] {
    return entry.networks.flatMap((endpoint) => {
      const network = this.endpoints.networkOf(endpoint)
      const aliases = ownAliases(entry, endpoint.aliases).filter((alias) => alias !== name)
      const running = entry.state === 'running' || entry.state === 'paused'
      return network === undefined ? [] : [[network, { id: entry.id, name, running, aliases, ip: endpoint.ipAddress || null }]]
    })
  }
}
