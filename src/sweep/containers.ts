import type { Ledger } from '../store/ledger.store.js'
import type { TeamPolicyRow, TeamRow } from '../store/schema.js'
import type { EngineContainer, EngineState } from './engine-reader.js'
import type { Owned } from './owners.js'
import { violations } from './profile-rules.js'
import type { Grants, Judge, Profile } from './rule.js'

interface Judged {
  readonly faults: readonly string[]
  readonly adopted: number
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

/** What may be changed after the creation, and differs between profiles. */
const UPDATABLE = /^HostConfig\.(RestartPolicy|CpusetCpus|BlkioWeight|Memory\w*|PidsLimit|NanoCpus):/

/** Holds each container of a team to what the team may, or might when it was made. */
export function judgeContainers({ containers, execs, runtime }: EngineState, owned: readonly Owned[], ledger: Ledger): Judged {
  const byId = new Map(containers.map((each) => [each.Id, each]))
  const faults: string[] = []
  let [adopted, kept] = [0, 0]
  for (const { piece, row, team } of owned.filter((each) => each.piece.kind === 'container')) {
    const container = byId.get(piece.id)!
    const called = `container ${piece.name} (${piece.id.slice(0, 12)}) of team ${team.name}`
    if (row.witness === 'adopted') {
      adopted++
      continue
    }
    if (execs.some((exec) => exec.ContainerID === piece.id && exec.ProcessConfig.privileged))
      faults.push(`${called}: a privileged command runs in it`)
    const around = { container, owned, ledger, runtime }
    if (wrongs(container, judgeOf(team, team, { ...around, asMade: false })).length === 0) continue
    // not as it would be made today: then it must be as it was to be made on its day
    const { profile, texts } = wrongsAsMade(container, team, around)
    if (texts.length === 0) kept++
    faults.push(...texts.map((text) => `${called}, ${profile}: ${text}`))
  }
  return { faults, adopted, kept }
}

/** What the team was allowed when the container was made, and all that it was allowed since. */
function policiesSince(team: TeamRow, created: string, { formerPolicies }: Ledger): [TeamPolicyRow, ...TeamPolicyRow[]] {
  const [first, ...rest] = formerPolicies.filter(({ team_id: id, until }) => id === team.id && new Date(until) > new Date(created))
  return first ? [first, ...rest, team] : [team]
}

/** Of the container by what its team was allowed on its day; what may be changed while it lives, by what was allowed on any day since. */
function wrongsAsMade(
  container: EngineContainer,
  team: TeamRow,
  around: Omit<Surroundings, 'asMade'>,
): { profile: Profile; texts: string[] } {
  const [made, ...since] = policiesSince(team, container.Created, around.ledger).map((policy) =>
    judgeOf(team, policy, { ...around, asMade: true }),
  )
  const texts = wrongs(container, made!).filter(
    (text) => !UPDATABLE.test(text) || since.every((judge) => wrongs(container, judge).includes(text)),
  )
  return { profile: made!.profile, texts }
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
