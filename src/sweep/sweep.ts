import type { Ledger } from '../store/ledger.store.js'
import { judgeContainers } from './containers.js'
import type { EngineNetwork, EngineState, EngineVolume } from './engine-reader.js'
import { type Owned, ownershipsOf, piecesOf, tagFaults } from './owners.js'

/** What a sweep found: in order when `faults` is empty. */
export interface Findings {
  readonly faults: readonly string[]
  readonly containers: number
  readonly volumes: number
  readonly networks: number
  readonly tags: number
  /** Made beside the gateway. */
  readonly unowned: number
  /** Given to a team by an administrator: made by nobody's profile, so not held to one. */
  readonly adopted: number
  /** Made under what its team was allowed then, and is not any more. */
  readonly kept: number
}

/** Holds everything on the engine to its owner: that there is exactly one, and that his profile allows it. */
export function sweep(engine: EngineState, ledger: Ledger): Findings {
  const { owned, unowned, faults } = ownershipsOf(piecesOf(engine), ledger)
  const containers = judgeContainers(engine, owned, ledger)
  const found = [
    ...faults,
    ...tagFaults(engine, ledger),
    ...volumeFaults(engine.volumes, owned),
    ...networkFaults(engine.networks, owned, ledger),
    ...containers.faults,
  ]
  const { adopted, kept } = containers
  return { faults: found, ...counts(engine), unowned: unowned.length, adopted, kept }
}

/** A local volume with options is any folder of the host. */
function volumeFaults(volumes: readonly EngineVolume[], owned: readonly Owned[]): string[] {
  const ours = new Set(owned.filter(({ piece }) => piece.kind === 'volume').map(({ piece }) => piece.id))
  return volumes
    .filter(({ Name, Driver, Options }) => ours.has(Name) && (Driver !== 'local' || Object.keys(Options ?? {}).length > 0))
    .map(({ Name }) => `volume ${Name}: its driver is not local, or has options`)
}

const NETWORK_OPTIONS: Readonly<Record<string, string>> = {
  'com.docker.network.bridge.enable_icc': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'true',
}

function networkFaults(networks: readonly EngineNetwork[], owned: readonly Owned[], { subnets }: Ledger): string[] {
  const rows = new Map(
    owned.filter(({ piece, row }) => piece.kind === 'network' && row.witness === 'label').map(({ piece, row }) => [piece.id, row]),
  )
  return networks.flatMap(({ Id, Name, Driver, IPAM, Options }) => {
    const row = rows.get(Id)
    if (!row) return []
    const own = new Set(subnets.filter(({ uid }) => uid === row.uid).map(({ subnet }) => subnet))
    const real = (IPAM.Config ?? []).map(({ Subnet }) => Subnet ?? '')
    return [
      ...(Driver === 'bridge' ? [] : [`network ${Name}: its driver is ${Driver}`]),
      ...real
        .filter((subnet) => !own.has(subnet))
        .map((subnet) => `network ${Name}: the range ${subnet} is not the one that was reserved for it`),
      // the name of a bridge, or a parent, would be an interface of the host
      ...Object.entries(Options ?? {})
        .filter(([option, value]) => NETWORK_OPTIONS[option] !== value)
        .map(([option]) => `network ${Name}: the option ${option} is not one of ours`),
    ]
  })
}

function counts({ containers, volumes, networks, images }: EngineState): Pick<Findings, 'containers' | 'volumes' | 'networks' | 'tags'> {
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith('berth.invalid/'))
  return { containers: containers.length, volumes: volumes.length, networks: networks.length, tags: tags.length }
}
