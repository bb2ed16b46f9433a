import type { Ledger } from '../store/ledger.store.js'
import type { TeamPolicyRow, TeamRow } from '../store/schema.js'
import type { EngineContainer, EngineNetwork, EngineState, EngineVolume } from './engine-reader.js'
import { type Owned, ownershipsOf, piecesOf, tagFaults } from './owners.js'
import { violations } from './profile-rules.js'
import type { Grants, Judge, Profile } from './rule.js'

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

const NOTHING: Grants = {
  hostPaths: [],
  capabilities: [],
  devices: [],
  sysctls: [],
  securityOptions: [],
  runtimes: [],
  dns: [],
  cgroupParent: '',
}

/** Holds everything on the engine to its owner: that there is exactly one, and that his profile allows it. */
export function sweep(engine: EngineState, ledger: Ledger): Findings {
  const { owned, unowned, faults } = ownershipsOf(piecesOf(engine), ledger)
  const containers = new Map(engine.containers.map((each) => [each.Id, each]))
  const found = [
    ...faults,
    ...tagFaults(engine, ledger),
    ...volumeFaults(engine.volumes, owned),
    ...networkFaults(engine.networks, owned, ledger),
  ]
  let [adopted, kept] = [0, 0]
  for (const { piece, row, team } of owned.filter(({ piece }) => piece.kind === 'container')) {
    const container = containers.get(piece.id)!
    if (row.witness === 'adopted') {
      adopted++
      continue
    }
    const around = { container, owned, ledger, runtime: engine.runtime }
    if (wrongs(container, judgeOf(team, team, { ...around, asMade: false })).length === 0) continue
    // not as it would be made today: then it must be as it was to be made on its day
    const judge = judgeOf(team, policyAt(team, container.Created, ledger), { ...around, asMade: true })
    const then = wrongs(container, judge)
    if (then.length === 0) kept++
    for (const text of then)
      found.push(`container ${piece.name} (${piece.id.slice(0, 12)}) of team ${team.name}, ${judge.profile}: ${text}`)
  }
  return { faults: found, ...counts(engine), unowned: unowned.length, adopted, kept }
}

/** What the team was allowed when the container was made. */
function policyAt(team: TeamRow, created: string, { formerPolicies }: Ledger): TeamPolicyRow {
  return formerPolicies.find(({ team_id: id, until }) => id === team.id && new Date(until) > new Date(created)) ?? team
}

function wrongs(container: EngineContainer, judge: Judge): string[] {
  return [...violations(container, judge), ...reach(container, judge)]
}

/** A privilege that has ended leaves what it made as it is. */
function profileAt({ profile, profile_expires_at: end }: TeamPolicyRow, created: string): Profile {
  return profile === 'privileged' && (end === null || new Date(end) <= new Date(created)) ? 'baseline' : profile
}

interface Surroundings {
  readonly container: EngineContainer
  readonly owned: readonly Owned[]
  readonly ledger: Ledger
  readonly runtime: string
  /** By what was open to the team when it was made, not by what is open now. */
  readonly asMade: boolean
}

function judgeOf(team: TeamRow, policy: TeamPolicyRow, { container, owned, ledger, runtime, asMade }: Surroundings): Judge {
  const own = owned.filter((each) => each.team.id === team.id)
  const ids = (kind: string): string[] => own.filter(({ piece }) => piece.kind === kind).map(({ piece }) => piece.id)
  const names = (kind: string): string[] => own.filter(({ piece }) => piece.kind === kind).map(({ piece }) => piece.name)
  const made = new Date(container.Created)
  const open = ledger.exports.filter(({ teamId, until }) => teamId === team.id && (until === null || (asMade && new Date(until) > made)))
  const granted: Grants = policy.granted === null ? NOTHING : { ...NOTHING, ...(JSON.parse(policy.granted) as Partial<Grants>) }
  const filters = ledger.seccomp.filter(
    ({ name, until }) => granted.securityOptions.includes(`seccomp=${name}`) && (until === null || (asMade && new Date(until) > made)),
  )
  const [least, most] = (policy.port_range ?? '1024-65535').split('-').map(Number) as [number, number]
  return {
    prefix: `${team.name}--`,
    profile: profileAt(policy, container.Created),
    granted,
    filters: new Set(filters.map(({ content }) => `seccomp=${content}`)),
    ports: [least, most],
    folders: new Map(open.map(({ path, readOnly }) => [path, { readOnly }])),
    containers: new Set(ids('container')),
    volumes: new Set(ids('volume')),
    networks: new Set([...ids('network'), ...names('network')]),
    runtime,
  }
}

/** What it is joined to now, whatever it was made with. */
function reach({ Mounts: mounts, NetworkSettings: settings }: EngineContainer, judge: Judge): string[] {
  const foreign = mounts.filter(({ Type: type, Name: name = '', Source: source }) => {
    if (type === 'tmpfs') return false
    return type === 'volume' ? !judge.volumes.has(name) : !judge.folders.has(source) && !judge.granted.hostPaths.includes(source)
  })
  const networks = Object.entries(settings.Networks ?? {}).filter(([name, { NetworkID: id }]) => {
    const word = name === 'none' || (name === 'host' && judge.profile === 'privileged')
    return !word && !judge.networks.has(id) && !judge.networks.has(name)
  })
  return [
    ...foreign.map(({ Type, Name, Source }) => `the ${Type} ${Name ?? Source} that it mounts is not the team's`),
    ...networks.map(([name]) => `the network ${name} that it is on is not the team's`),
  ]
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
