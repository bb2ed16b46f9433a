import { Injectable } from '@nestjs/common'
import { assertNewName, type Grant, type OwnedTarget, Ownership, ownScopeOf, scopeOf } from '../access/index.js'
import { hasLabel, TeamPolicies } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import { pageOf } from '../common/paging.js'
import { DEFAULT_NETWORK } from '../common/team-network.js'
import { Engine } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import { DefaultNetworks } from './default-networks.js'
import type {
  CreateNetworkBody,
  ListNetworksQuery,
  Network,
  NetworkPage,
  PrunedNetwork,
  PrunedNetworks,
  PruneNetworksQuery,
} from './dto/network.dto.js'
import { NetworkMaker } from './network-maker.js'
import { NetworkViews } from './network-views.js'

/** Words that mean something else where a container says its network. */
const RESERVED: ReadonlySet<string> = new Set([DEFAULT_NETWORK, 'bridge', 'host', 'none', 'container', 'ingress', 'docker_gwbridge'])

type Removal = Pick<OwnedTarget<'network'>, 'name' | 'engineId' | 'uid' | 'team'>

/** Networks of the teams. */
@Injectable()
export class Networks {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly policies: TeamPolicies,
    private readonly maker: NetworkMaker,
    private readonly defaults: DefaultNetworks,
    private readonly views: NetworkViews,
  ) {}

  async list(grant: Grant<'NetworkList'>, query: ListNetworksQuery): Promise<NetworkPage> {
    const teams = scopeOf(grant)
    const teamIds = [...teams.keys()]
    const { stale } = this.engine.inventory
    const [rows, members] = await Promise.all([this.ownership.owned('network', teamIds), this.views.members(teamIds)])
    const all = rows.flatMap((row) => {
      const entry = this.engine.inventory.networks.get(row.engine_id ?? '')
      const team = teams.get(row.team_id)
      return entry && team ? [this.views.view(entry, { team, name: row.name }, members)] : []
    })
    const { name: part = '', label = [] } = query
    const found = all.filter(({ name, labels }) => name.includes(part) && label.every((wanted) => hasLabel(labels, wanted)))
    return { ...pageOf(found, { key: ({ name, team }) => `${name} ${team}` }, query), stale }
  }

  /** @throws AppError NOT_FOUND */
  async inspect(grant: Grant<'NetworkInspect'>): Promise<Network> {
    return this.present(grant.target)
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST, POLICY_DENIED, NETWORK_POOL_EXHAUSTED */
  async create(grant: Grant<'NetworkCreate'>, { name, internal = false, labels = {} }: CreateNetworkBody): Promise<Network> {
    const { team } = grant.target
    assertOwnName(name)
    const policy = await this.policies.of(team.id)
    const claim = await this.ownership.claim({ kind: 'network', team, name, creatorId: grant.principal.userId })
    const entry = await this.maker.make(claim, { internal, labels, policy })
    return this.views.view(entry, { team, name }, new Map())
  }

  /** @throws AppError CONFLICT while a container is on it, running or not */
  async remove(grant: Grant<'NetworkDelete'>): Promise<void> {
    const { target } = grant
    if (!target.team) throw new AppError('NOT_FOUND')
    const members = (await this.views.members([target.team.id])).get(target.engineId) ?? []
    // The engine would take it from under a stopped container, which could never be started again.
    if (members.length > 0)
      throw new AppError('CONFLICT', { reason: `the network has ${members.map(({ name }) => name).join(', ')} on it` })
    await this.take(target)
  }

  /** Those that no container is on, but the default ones. What somebody uses by now stays. */
  async prune(grant: Grant<'NetworkPrune'>, { label = [] }: PruneNetworksQuery): Promise<PrunedNetworks> {
    const teams = ownScopeOf(grant)
    const removed: PrunedNetwork[] = []
    for (const row of await this.ownership.owned('network', [...teams.keys()])) {
      const team = teams.get(row.team_id)
      if (!team || !(await this.isUnused(row, label))) continue
      const target = { name: row.name, engineId: row.engine_id!, uid: row.uid, team }
      if (await this.take(target).then(() => true, ignoreConflict)) removed.push({ id: target.engineId, name: row.name, team: team.name })
    }
    return { removed }
  }

  /** The network as it is now. @throws AppError NOT_FOUND */
  async present({ team, name, engineId }: Pick<OwnedTarget<'network'>, 'team' | 'name' | 'engineId'>): Promise<Network> {
    const entry = await this.engine.inventory.refresh('network', engineId)
    if (!entry || !team) throw new AppError('NOT_FOUND')
    return this.views.view(entry, { team, name }, await this.views.members([team.id]))
  }

  private async isUnused(row: OwnershipRow, label: readonly string[]): Promise<boolean> {
    const entry = this.engine.inventory.networks.get(row.engine_id ?? '')
    if (!entry || row.name === DEFAULT_NETWORK || !label.every((wanted) => hasLabel(entry.labels, wanted))) return false
    return !(await this.views.members([row.team_id])).has(entry.id)
  }

  private async take({ name, engineId, uid, team }: Removal): Promise<void> {
    if (uid === null || !team) throw new AppError('NOT_FOUND')
    if (name === DEFAULT_NETWORK) return this.defaults.discard(team)
    await this.engine.networks.remove(engineId)
    await this.engine.inventory.refresh('network', engineId)
    await this.ownership.end(uid)
  }
}

function assertOwnName(name: string): void {
  assertNewName(name)
  if (!RESERVED.has(name)) return
  const detail = name === DEFAULT_NETWORK ? 'every team has it, it comes by itself' : 'means something else'
  throw new AppError('INVALID_REQUEST', { reason: 'the name is not valid', errors: [{ pointer: '/name', detail }] })
}

/** Somebody put a container on it, or removed it, a moment ago. */
function ignoreConflict(error: unknown): false {
  if (error instanceof AppError && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')) return false
  throw error
}
