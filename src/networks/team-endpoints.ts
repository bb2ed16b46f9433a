import { Injectable } from '@nestjs/common'
import { engineName, Ownership } from '../access/index.js'
import { AppError } from '../common/errors.js'
import {
  DEFAULT_NETWORK,
  type Joined,
  type NetworkMember,
  type NetworkOwner,
  type TeamNetwork,
  TeamNetworks,
} from '../common/team-network.js'
import { type ContainerEntry, Engine, type EntryNetwork } from '../engine/index.js'
import { DefaultNetworks } from './default-networks.js'
import { type Endpoint, Endpoints, ownAliases } from './endpoints.js'

/** Networks that every engine has, and no team. */
const BUILT_IN: ReadonlySet<string> = new Set(['bridge', 'host', 'none'])

/** The networks of the teams, and what containers are called there. */
@Injectable()
export class TeamEndpoints extends TeamNetworks {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly networks: DefaultNetworks,
    private readonly endpoints: Endpoints,
  ) {
    super()
  }

  defaultFor(team: NetworkOwner): Promise<TeamNetwork> {
    return this.networks.ensure(team)
  }

  async named(team: NetworkOwner, reference: string, pointer: string): Promise<TeamNetwork> {
    const rows = await this.ownership.named('network', reference, team)
    const entry = rows.length === 1 ? this.engine.inventory.networks.get(rows[0]!.engine_id ?? '') : undefined
    if (entry) return { engineName: entry.engineName, engineId: entry.id, name: rows[0]!.name }
    const detail = rows.length > 1 ? 'matches several networks' : 'no such network in the team'
    throw new AppError('INVALID_REQUEST', { reason: 'a network is not valid', errors: [{ pointer, detail }] })
  }

  release(team: NetworkOwner): Promise<void> {
    return this.networks.release(team)
  }

  async joined({ team, engineId }: NetworkMember, name: string): Promise<Joined[]> {
    const rows = await this.ownership.owned('network', [team.id])
    const names = new Map(rows.map((row) => [row.engine_id, row.name]))
    const { NetworkSettings } = await this.engine.containers.inspect(engineId)
    return Object.entries(NetworkSettings.Networks ?? {}).flatMap(([engineName, { NetworkID: networkId, Aliases, IPAMConfig, Links }]) => {
      const network = names.get(this.endpoints.networkOf({ engineName, networkId }) ?? '')
      if (network === undefined) return []
      const aliases = ownAliases({ id: engineId }, Aliases ?? []).filter((alias) => alias !== name)
      return [{ network, aliases, ip: IPAMConfig?.IPv4Address || null, links: Links ?? [] }]
    })
  }

  async alias({ team, engineId }: NetworkMember, name: string, joined: readonly Joined[]): Promise<boolean> {
    let cut = false
    for (const { network: called, aliases, ip, links = [] } of joined) {
      const entry = await this.engine.inventory.refresh('container', engineId)
      const network = entry && (await this.present(team, called))
      if (!entry || !network) continue
      const wanted = { aliases: [name, ...aliases], ip, links }
      const endpoint = this.endpoints.of(entry, network.engineId)
      if (endpoint && isCalled(entry, endpoint, wanted.aliases)) continue
      await this.again(entry, network, wanted)
      cut ||= isRunning(entry)
    }
    return cut
  }

  async restore({ team, engineId }: NetworkMember, name: string): Promise<void> {
    const entry = this.engine.inventory.containers.get(engineId)
    for (const lost of entry?.networks ?? []) {
      if (!entry || BUILT_IN.has(lost.engineName) || this.endpoints.networkOf(lost) !== undefined) continue
      const network = await this.successor(team, lost.engineName)
      // One that never ran finds the new network by its name.
      if (network && lost.networkId !== '')
        await this.again(entry, network, { aliases: [name, ...ownAliases(entry, lost.aliases)], ip: null, links: lost.links })
    }
  }

  /** What has the name now of a network that was removed: only the default comes back by itself. Null: the start names it as missing. */
  private async successor(team: NetworkOwner, lost: string): Promise<TeamNetwork | null> {
    const plain = engineName(team.name, DEFAULT_NETWORK)
    // Where somebody beside the gateway had taken the name, the maker added the uid.
    if (lost === plain || (lost.startsWith(plain) && /^-[0-9a-f]{8}$/.test(lost.slice(plain.length)))) return this.networks.ensure(team)
    const entry = this.engine.inventory.networks.all().find((network) => network.engineName === lost)
    const row = entry && (await this.ownership.owned('network', [team.id])).find((each) => each.engine_id === entry.id)
    return row ? { engineName: lost, engineId: entry.id, name: row.name } : null
  }

  /** Null: removed since. */
  private async present(team: NetworkOwner, name: string): Promise<TeamNetwork | null> {
    if (name === DEFAULT_NETWORK) return this.networks.ensure(team)
    const [row] = await this.ownership.named('network', name, team)
    const entry = row && this.engine.inventory.networks.get(row.engine_id ?? '')
    return entry ? { engineName: entry.engineName, engineId: entry.id, name } : null
  }

  /** Disconnected first, since the engine takes no second endpoint; that it is not there any more is no failure. */
  private async again({ id }: ContainerEntry, { engineId }: TeamNetwork, endpoint: Endpoint): Promise<void> {
    await this.endpoints.disconnect(engineId, id).catch(ignoreConflict)
    await this.endpoints.connect(engineId, id, endpoint)
  }
}

/** By these names and no other. */
function isCalled(entry: ContainerEntry, { aliases }: EntryNetwork, wanted: readonly string[]): boolean {
  const own = ownAliases(entry, aliases)
  return wanted.every((alias) => own.includes(alias)) && own.every((alias) => wanted.includes(alias))
}

function isRunning({ state }: ContainerEntry): boolean {
  return state === 'running' || state === 'paused'
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error
}
