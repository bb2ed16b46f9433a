import { LABEL_IMAGE, ownLabels } from '../admission/index.js'
import { parseImageReference } from '../common/image-reference.js'
import type { ContainerEntry, EntryMount, MountPoint } from '../engine/index.js'
import type { ContainerMount, ContainerNetwork, ContainerState, ContainerSummary } from './dto/container.response.js'
import { explain } from './explain.js'

/** Whose container it is, and how it is called there. */
export interface Owner {
  readonly team: { readonly id: string; readonly name: string } | null
  readonly name: string
  /** We made it, so that our labels on it are ours. */
  readonly ours: boolean
}

/** Engine names of volumes and networks as their teams call them. */
export interface TeamNames {
  volume(engineName: string): string | null
  network(network: { readonly networkId: string; readonly engineName: string }): string | null
}

/** Networks that every engine has; they belong to nobody. */
const BUILT_IN = new Set(['bridge', 'none', 'host'])

/** A container as its team may see it: nothing of the engine's names, nothing of other teams. */
export function summary(entry: ContainerEntry, owner: Owner, names: TeamNames): ContainerSummary {
  return {
    id: entry.id,
    name: owner.name,
    team: owner.team?.name ?? null,
    image: { reference: reference(entry, owner), id: entry.imageId },
    commandLine: entry.command,
    createdAt: new Date(entry.created).toISOString(),
    state: stateOf(entry),
    ports: entry.ports.map((port) => ({
      container: port.containerPort,
      protocol: port.protocol,
      host: port.hostPort ?? null,
      hostIp: port.hostIp ?? null,
    })),
    mounts: entry.mounts.map((mount) => mountView(fromEntry(mount), owner, names)),
    networks: networks(entry, owner, names),
    labels: ownLabels(entry.labels),
  }
}

/** The mounts as an inspect tells them, with mode and propagation. */
export function mountViews(mounts: readonly MountPoint[], owner: Owner, names: TeamNames): ContainerMount[] {
  return mounts.map((mount) => mountView(mount, owner, names))
}

/** The reference as people write it; null where only the engine knows. */
export function reference(entry: ContainerEntry, owner: Owner): string | null {
  if (!owner.team) return entry.image
  const known = owner.ours ? entry.labels[LABEL_IMAGE] : undefined
  if (!known || known.startsWith('sha256:')) return known || null
  return parseImageReference(known).familiar
}

function stateOf(entry: ContainerEntry): ContainerState {
  const { state: status, detail } = entry
  const running = status === 'running' || status === 'paused' || status === 'restarting'
  const explanation = explain(entry)
  return {
    status,
    running,
    paused: status === 'paused',
    startedAt: detail?.startedAt ?? null,
    finishedAt: detail?.finishedAt ?? null,
    exitCode: running || !detail?.startedAt ? null : detail.exitCode,
    oomKilled: detail?.oomKilled ?? false,
    health: detail?.health ?? 'none',
    ...(explanation && { explanation }),
  }
}

function fromEntry({ type, name, source, destination, readOnly }: EntryMount): MountPoint {
  return { Type: type, ...(name && { Name: name }), Source: source, Destination: destination, RW: !readOnly }
}

type EngineMount = MountPoint & { readonly Propagation?: string }

function mountView(mount: EngineMount, owner: Owner, names: TeamNames): ContainerMount {
  const { Type: type, Name, Source, Destination: destination, Mode: mode = '', RW: rw, Propagation: propagation = '' } = mount
  const name = type !== 'volume' || !Name ? null : owner.team ? names.volume(Name) : Name
  // Where a volume lies on the host is nobody's business, and its name on the engine names the team.
  const source = type === 'volume' && owner.team ? (name ?? '') : Source
  return { type, name, source, destination, mode, rw, propagation }
}

function networks(entry: ContainerEntry, owner: Owner, names: TeamNames): ContainerNetwork[] {
  return entry.networks.flatMap(({ engineName, networkId, ipAddress, macAddress }) => {
    const name = BUILT_IN.has(engineName) || !owner.team ? engineName : names.network({ networkId, engineName })
    return name === null ? [] : [{ name, ipAddress, macAddress }]
  })
}
