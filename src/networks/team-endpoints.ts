import { Injectable } from '@nestjs/common'
import { Ownership } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { DEFAULT_NETWORK, type NetworkMember, type NetworkOwner, type TeamNetwork, TeamNetworks } from '../common/team-network.js'
import { type ContainerEntry, Engine, type EntryNetwork } from '../engine/index.js'
import { DefaultNetworks } from './default-networks.js'

/** Networks that every engine has, and no team. */
const BUILT_IN: ReadonlySet<string> = new Set(['bridge', 'host', 'none'])

/** The networks of the teams, and what containers are called there. */
@Injectable()
export class TeamEndpoints extends TeamNetworks {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly networks: DefaultNetworks,
  ) {
    super()
  }

  defaultFor(team: NetworkOwner): Promise<TeamNetwork> {
    return this.networks.ensure(team)
  }

  release(team: NetworkOwner): Promise<void> {
    return this.networks.release(team)
  }

  async joined({ team, engineId }: NetworkMember): Promise<string[]> {
    const rows = await this.ownership.owned('network', [team.id])
    const entry = this.engine.inventory.containers.get(engineId)
    const ids = new Set((entry?.networks ?? []).map((endpoint) => this.idOf(endpoint)))
    return rows.filter((row) => ids.has(row.engine_id ?? undefined)).map((row) => row.name)
  }

  async alias({ team, engineId }: NetworkMember, name: string, networks: readonly string[]): Promise<boolean> {
    const entry = await this.engine.inventory.refresh('container', engineId)
    if (!entry || !networks.includes(DEFAULT_NETWORK)) return false
    const network = await this.networks.ensure(team)
    const endpoint = entry.networks.find(({ engineName }) => engineName === network.engineName)
    if (endpoint && isCalled(entry, endpoint, name)) return false
    await this.connect(entry, network, name)
    return isRunning(entry)
  }

  async restore({ team, engineId }: NetworkMember, name: string): Promise<void> {
    const entry = this.engine.inventory.containers.get(engineId)
    const lost = entry?.networks.find((endpoint) => !BUILT_IN.has(endpoint.engineName) && this.idOf(endpoint) === undefined)
    if (!entry || !lost) return
    const network = await this.networks.ensure(team)
    // One that never ran finds the new network by its name.
    if (lost.networkId !== '') await this.connect(entry, network, name)
  }

  /** Disconnected first, since the engine takes no second endpoint; that it is not there any more is no failure. */
  private async connect({ id }: ContainerEntry, { engineId }: TeamNetwork, alias: string): Promise<void> {
    await this.engine.networks.disconnect(engineId, id).catch(ignoreConflict)
    await this.engine.networks.connect(engineId, id, { Aliases: [alias] })
    await this.engine.inventory.refresh('container', id)
  }

  /** Of a network that exists; before its first start a container knows it by name only. */
  private idOf({ networkId, engineName }: EntryNetwork): string | undefined {
    const { networks } = this.engine.inventory
    if (networkId !== '') return networks.get(networkId)?.id
    return networks.all().find((network) => network.engineName === engineName)?.id
  }
}

/** By that name and, as the engine has it, by the container's short id. */
function isCalled({ id }: ContainerEntry, { aliases }: EntryNetwork, name: string): boolean {
  return aliases.includes(name) && aliases.every((alias) => alias === name || alias === id.slice(0, 12))
}

function isRunning({ state }: ContainerEntry): boolean {
  return state === 'running' || state === 'paused'
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error
}
