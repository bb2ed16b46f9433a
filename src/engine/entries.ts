import type {
  ContainerDetail,
  ContainerEntry,
  EntryMount,
  EntryNetwork,
  ImageEntry,
  NetworkEntry,
  PublishedPort,
  VolumeEntry,
} from './inventory-types.js'
import { engineTime } from './time.js'
import type {
  ContainerInspect,
  ContainerState,
  ContainerSummary,
  EndpointSettings,
  ImageInspect,
  ImageSummary,
  MountPoint,
  NetworkInspect,
  PortMap,
  PortSummary,
  VolumeInspect,
} from './types.js'

type Endpoints = Readonly<Record<string, EndpointSettings>> | null | undefined

/** A container as an inspect tells it: complete. */
export function containerEntry(from: ContainerInspect): ContainerEntry {
  return {
    kind: 'container',
    id: from.Id,
    engineName: from.Name.replace(/^\//, ''),
    image: from.Config.Image ?? '',
    imageId: from.Image,
    command: [from.Path, ...from.Args].join(' '),
    created: milliseconds(from.Created),
    state: from.State.Status,
    labels: from.Config.Labels ?? {},
    ports: portsOfMap(from.NetworkSettings.Ports),
    mounts: from.Mounts.map(mount),
    networks: networks(from.NetworkSettings.Networks),
    detail: detail(from),
  }
}

/** A container as the list tells it: what it shows until it is inspected. */
export function containerRow(from: ContainerSummary): ContainerEntry {
  return {
    kind: 'container',
    id: from.Id,
    engineName: ownName(from.Names),
    image: from.Image,
    imageId: from.ImageID,
    command: from.Command,
    created: from.Created * 1_000,
    state: from.State as ContainerState,
    labels: from.Labels ?? {},
    ports: from.Ports.map(portOfRow),
    mounts: from.Mounts.map(mount),
    networks: networks(from.NetworkSettings?.Networks),
  }
}

/** Whether the list's row tells the same as the entry, as far as a row can: else the container is worth an inspect. */
export function rowAgrees(row: ContainerSummary, entry: ContainerEntry): boolean {
  const seen = networks(row.NetworkSettings?.Networks)
  return (
    entry.detail !== undefined &&
    entry.engineName === ownName(row.Names) &&
    entry.state === row.State &&
    exitAgrees(row.Status, entry.detail) &&
    seen.length === entry.networks.length &&
    seen.every((each, at) => each.networkId === entry.networks[at]?.networkId && each.ipAddress === entry.networks[at]?.ipAddress)
  )
}

/** An image as the list tells it. */
export function imageRow(from: ImageSummary): ImageEntry {
  const { Id: id, ParentId: parentId, Created, Size: size, Labels } = from
  return { kind: 'image', id, parentId, ...names(from), created: Created * 1_000, size, labels: Labels ?? {} }
}

/** An image as an inspect tells it: the same, so that one never looks like a change of the other. */
export function imageEntry(from: ImageInspect): ImageEntry {
  const { Id: id, Parent: parentId = '', Size: size, Created, Config } = from
  const created = Math.floor(milliseconds(Created) / 1_000) * 1_000
  return { kind: 'image', id, parentId, ...names(from), created, size, labels: Config?.Labels ?? {} }
}

/** A network; list and inspect tell the same. */
export function networkEntry(from: NetworkInspect): NetworkEntry {
  return {
    kind: 'network',
    id: from.Id,
    engineName: from.Name,
    driver: from.Driver,
    scope: from.Scope,
    internal: from.Internal,
    created: milliseconds(from.Created),
    subnets: (from.IPAM.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])),
    labels: from.Labels ?? {},
  }
}

/** A volume; list and inspect tell the same. */
export function volumeEntry(from: VolumeInspect): VolumeEntry {
  const { Name: name, Driver: driver, Mountpoint: mountpoint } = from
  return {
    kind: 'volume',
    id: name,
    engineName: name,
    driver,
    mountpoint,
    created: milliseconds(from.CreatedAt),
    labels: from.Labels ?? {},
  }
}

function detail({ State, Config, HostConfig, RestartCount }: ContainerInspect): ContainerDetail {
  return {
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    startedAt: engineTime(State.StartedAt),
    finishedAt: engineTime(State.FinishedAt),
    health: State.Health?.Status ?? 'none',
    restartCount: RestartCount,
    tty: Config.Tty ?? false,
    openStdin: Config.OpenStdin ?? false,
    logDriver: HostConfig.LogConfig?.Type ?? '',
    restartPolicy: HostConfig.RestartPolicy?.Name ?? 'no',
    autoRemove: HostConfig.AutoRemove ?? false,
    error: State.Error,
  }
}

/** `Exited (3) 5 minutes ago`, `Up 3 minutes (healthy)`: the only places where a row has code and health. */
function exitAgrees(status: string, known: ContainerDetail): boolean {
  const exit = /^Exited \((-?\d+)\)/.exec(status)?.[1]
  if (exit !== undefined) return Number(exit) === known.exitCode
  const health = /\((healthy|unhealthy|health: starting)\)$/.exec(status)?.[1] ?? 'none'
  return !status.startsWith('Up') || health.replace('health: ', '') === known.health
}

/** A container has also the names of links to it: `/other/alias`. */
function ownName(all: readonly string[]): string {
  return (all.find((name) => name.lastIndexOf('/') === 0) ?? all[0] ?? '').replace(/^\//, '')
}

function names(from: { readonly RepoTags: readonly string[] | null; readonly RepoDigests: readonly string[] | null }) {
  const real = (list: readonly string[] | null): string[] => (list ?? []).filter((name) => !name.startsWith('<none>')).toSorted()
  return { tags: real(from.RepoTags), digests: real(from.RepoDigests) }
}

function networks(from: Endpoints): EntryNetwork[] {
  const all = Object.entries(from ?? {}).map(([engineName, endpoint]) => ({
    engineName,
    networkId: endpoint.NetworkID,
    ipAddress: endpoint.IPAddress ?? '',
    ipv6Address: endpoint.GlobalIPv6Address ?? '',
    macAddress: endpoint.MacAddress ?? '',
    aliases: endpoint.Aliases ?? [],
    links: endpoint.Links ?? [],
  }))
  return all.toSorted((a, b) => (a.engineName < b.engineName ? -1 : 1))
}

function mount(from: MountPoint): EntryMount {
  const { Type: type, Name: name, Source: source, Destination: destination, RW } = from
  return { type, ...(name && { name }), source, destination, readOnly: !RW }
}

function portsOfMap(map: PortMap | null | undefined): PublishedPort[] {
  return Object.entries(map ?? {}).flatMap(([port, bindings]) => {
    const [number, protocol = 'tcp'] = port.split('/')
    const base = { containerPort: Number(number), protocol }
    if (!bindings || bindings.length === 0) return [base]
    return bindings.map(({ HostIp, HostPort }) => ({ ...base, hostIp: HostIp ?? '', hostPort: Number(HostPort) }))
  })
}

function portOfRow({ IP, PrivatePort, PublicPort, Type }: PortSummary): PublishedPort {
  const base = { containerPort: PrivatePort, protocol: Type }
  return PublicPort === undefined ? base : { ...base, hostIp: IP ?? '', hostPort: PublicPort }
}

function milliseconds(text: string | undefined): number {
  const value = Date.parse(text ?? '')
  return Number.isNaN(value) ? 0 : value
}
