import type {
  ContainerRequest,
  HealthcheckRequest,
  HostFacts,
  ImageFacts,
  ResolvedMount,
  ResolvedLink,
  ResolvedMounts,
  ResolvedNetwork,
} from './container-request.js'
import { step } from './fields/judge.js'

const NANO = 1_000_000_000
/** Hex digits by which the engine calls a container on a network. */
export const SHORT_ID = 12

/** Everything that a spec is made of; the image is null while it is not known yet. */
export interface SpecParts {
  readonly request: ContainerRequest
  readonly image: ImageFacts | null
  readonly host: HostFacts
  readonly mounts: ResolvedMounts
  /** Of each that `askedPorts` tells, in its order; not known before they were reserved. */
  readonly hostPorts?: readonly number[]
  /** Null: the request's own words, which name none of the team's networks. */
  readonly network: ResolvedNetwork | null
}

/** A request in the engine's shape, and by which of our words each part of it was asked for. */
export interface Candidate {
  readonly spec: Readonly<Record<string, unknown>>
  readonly pointers: ReadonlyMap<string, string>
}

/** The request in the engine's shape, its references resolved and nothing added: what the field table judges and completes. */
export function candidateOf(parts: SpecParts): Candidate {
  const { request, image } = parts
  const ports = published(parts)
  const spec = {
    Image: image?.contentId,
    Cmd: request.command,
    Entrypoint: request.entrypoint,
    Env: request.env,
    Tty: request.tty,
    OpenStdin: request.openStdin,
    User: request.user,
    WorkingDir: request.workingDir,
    Hostname: request.hostname,
    StopSignal: request.stopSignal,
    StopTimeout: request.stopTimeout,
    Labels: request.labels,
    ExposedPorts: Object.fromEntries(ports.map(({ key }) => [key, {}])),
    Healthcheck: request.healthcheck && healthcheck(request.healthcheck),
    HostConfig: hostConfig(parts, ports),
    NetworkingConfig: parts.network && { EndpointsConfig: { [parts.network.engineName]: endpoint(parts.network) } },
  }
  return { spec, pointers: pointersOf(parts.mounts.list, ports) }
}

/** By the short id: it is a name on the network that no rename changes (measured). */
export function engineLink({ containerId, alias }: ResolvedLink): string {
  return `${containerId.slice(0, SHORT_ID)}:${alias}`
}

function endpoint({ aliases, links = [] }: ResolvedNetwork): object {
  return { Aliases: [...aliases], Links: links.map(engineLink) }
}

function hostConfig(parts: SpecParts, ports: readonly Published[]): object {
  const { request, network } = parts
  return {
    Privileged: request.privileged,
    SecurityOpt: request.securityOptions,
    NetworkMode: network?.engineName ?? networkWord(request.network),
    PortBindings: bindings(ports),
    Mounts: parts.mounts.list.map(engineMount),
    AutoRemove: request.autoRemove,
    ...engineResources(request),
  }
}

/** Limits and restart policy in the engine's words: what can also be changed later. */
export function engineResources({ resources, restart }: Pick<ContainerRequest, 'resources' | 'restart'>): object {
  const { memory, cpus, pids } = resources ?? {}
  return {
    RestartPolicy: restart && { Name: restart.policy, MaximumRetryCount: restart.maxRetries },
    Memory: memory,
    NanoCpus: cpus === undefined ? undefined : Math.round(cpus * NANO),
    PidsLimit: pids,
  }
}

/** The team's own network is what a container gets that names none. */
function networkWord(network: string | undefined): string | undefined {
  return network === 'default' ? undefined : network
}

/** A port that shall be published, and what asked for it. */
export interface AskedPort {
  readonly container: number
  readonly protocol: string
  readonly hostIp: string
  /** Undefined: any free one. */
  readonly host: number | undefined
  readonly pointer: string
}

/** The request's ports, and with publishAll what else the image exposes: written out, so that they bind where ours do. */
export function askedPorts({ request, image, host }: Pick<SpecParts, 'request' | 'image' | 'host'>): AskedPort[] {
  const asked = (request.ports ?? []).map(({ container, protocol = 'tcp', hostIp = host.publishAddress, host: port }, at) => {
    return { container, protocol, hostIp, host: port, pointer: `/ports/${at}` }
  })
  if (!request.publishAll || !image) return asked
  const known = new Set(asked.map(({ container, protocol }) => `${container}/${protocol}`))
  const rest = image.exposed.filter((key) => /^\d{1,5}\/(tcp|udp)$/.test(key) && !known.has(key))
  const exposed = rest.map((key) => {
    const [container, protocol = 'tcp'] = key.split('/')
    return { container: Number(container), protocol, hostIp: host.publishAddress, host: undefined, pointer: '/publishAll' }
  })
  return [...asked, ...exposed]
}

interface Published {
  readonly key: string
  readonly pointer: string
  readonly binding: { readonly HostIp: string; readonly HostPort: string }
}

/** With the host ports that were reserved; before that a free one is not known yet. */
function published(parts: SpecParts): Published[] {
  return askedPorts(parts).map(({ container, protocol, hostIp, host, pointer }, at) => ({
    key: `${container}/${protocol}`,
    pointer,
    binding: { HostIp: hostIp, HostPort: String(parts.hostPorts?.[at] ?? host ?? '') },
  }))
}

function bindings(ports: readonly Published[]): Record<string, Published['binding'][]> {
  const all: Record<string, Published['binding'][]> = {}
  for (const { key, binding } of ports) (all[key] ??= []).push(binding)
  return all
}

function pointersOf(mounts: readonly ResolvedMount[], ports: readonly Published[]): Map<string, string> {
  const pointers = new Map(mounts.map(({ pointer }, at) => [`/HostConfig/Mounts/${at}`, pointer]))
  const count = new Map<string, number>()
  for (const { key, pointer } of ports) {
    const at = count.get(key) ?? 0
    count.set(key, at + 1)
    pointers.set(`${step('/HostConfig/PortBindings', key)}/${at}`, pointer)
  }
  return pointers
}

function engineMount(mount: ResolvedMount): object {
  const { target: Target, readOnly: ReadOnly } = mount
  switch (mount.type) {
    case 'tmpfs':
      return { Type: 'tmpfs', Target, ReadOnly, TmpfsOptions: { SizeBytes: mount.size } }
    case 'volume':
      return { Type: 'volume', Source: mount.engineName, Target, ReadOnly }
    case 'anonymous':
      return { Type: 'volume', Target, ReadOnly }
    case 'bind':
      return { Type: 'bind', Source: mount.path, Target, ReadOnly }
  }
}

function healthcheck({ test, interval, timeout, retries, startPeriod }: HealthcheckRequest): object {
  const nanoseconds = (seconds: number | undefined) => (seconds === undefined ? undefined : Math.round(seconds * NANO))
  return {
    Test: test,
    Interval: nanoseconds(interval),
    Timeout: nanoseconds(timeout),
    Retries: retries,
    StartPeriod: nanoseconds(startPeriod),
  }
}
