import { Injectable } from '@nestjs/common'
import { admitEndpoint } from '../admission/index.js'
import { type ContainerEntry, Engine, type EntryNetwork } from '../engine/index.js'

/** What a container is called on a network, and the address it has there if one was asked for. */
export interface Endpoint {
  readonly aliases: readonly string[]
  readonly ip: string | null
  /** `<short id>:<alias>`, as they were judged at the creation. */
  readonly links?: readonly string[]
}

/** Containers on networks, as the engine has them. */
@Injectable()
export class Endpoints {
  constructor(private readonly engine: Engine) {}

  /** @throws AppError CONFLICT and other engine errors */
  async connect(networkId: string, containerId: string, { aliases, ip, links = [] }: Endpoint): Promise<void> {
    const spec = { Aliases: [...new Set(aliases)], Links: links, ...(ip !== null && { IPAMConfig: { IPv4Address: ip } }) }
    const linked = new Set(links.map((link) => link.split(':')[0]!))
    await this.engine.networks.connect(networkId, containerId, admitEndpoint(spec, linked))
    await this.engine.inventory.refresh('container', containerId)
  }

  /** @throws AppError CONFLICT when it is not there */
  async disconnect(networkId: string, containerId: string, options: { force?: boolean } = {}): Promise<void> {
    await this.engine.networks.disconnect(networkId, containerId, options)
    await this.engine.inventory.refresh('container', containerId)
  }

  /** The id of an endpoint's network, if that exists; before its first start a container knows a network by name only. */
  networkOf({ networkId, engineName }: Pick<EntryNetwork, 'networkId' | 'engineName'>): string | undefined {
    const { networks } = this.engine.inventory
    if (networkId !== '') return networks.get(networkId)?.id
    return networks.all().find((network) => network.engineName === engineName)?.id
  }

  /** The container's endpoint on the network. */
  of(entry: ContainerEntry, networkId: string): EntryNetwork | undefined {
    return entry.networks.find((endpoint) => this.networkOf(endpoint) === networkId)
  }
}

/** Its aliases without those that the engine adds: the container's short id. */
export function ownAliases({ id }: Pick<ContainerEntry, 'id'>, aliases: readonly string[]): string[] {
  return aliases.filter((alias) => alias !== id.slice(0, 12))
}
