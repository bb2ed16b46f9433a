import type {
  ContainerRequest,
  HealthcheckRequest,
  HostFacts,
  ImageFacts,
  ResolvedMount,
  ResolvedMounts,
  ResolvedNetwork,
} from './container-request.js'
import { step } from './fields/judge.js'

const NANO = 1_000_000_000

/** Everything that a spec is made of; the image is null while it is not known yet. */
export interface SpecParts {
  readonly request: ContainerRequest
  readonly image: ImageFacts | null
  readonly host: HostFacts
  readonly mounts: ResolvedMounts
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
    NetworkingConfig: parts.network && { EndpointsConfig: { [parts.network.engineName]: { Aliases: [...parts.network.aliases] } } },
  }
  return { spec, pointers: pointersOf(parts.mounts.list, ports) }
}

function hostConfig(parts: SpecParts, ports: readonly Published[]): object {
  const { request, network } = parts
  return {
    Privileged: request.privileged,
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

interface Published {
  readonly key: string
  readonly pointer: string
  readonly binding: { readonly HostIp: string; readonly HostPort: string }
}

/** The request's ports, and with publishAll what else the image exposes: written out, so that they bind where ours do. */
function published({ request, image, host }: SpecParts): Published[] {
  const asked = (request.ports ?? []).map((port, at) => ({
    key: `${port.container}/${port.protocol ?? 'tcp'}`,
    pointer: `/ports/${at}`,
    binding: { HostIp: port.hostIp ?? host.publishAddress, HostPort: port.host === undefined ? '' : String(port.host) },
  }))
  if (!request.publishAll || !image) return asked
  const known = new Set(asked.map(({ key }) => key))
  const rest = image.exposed.filter((key) => /^\d{1,5}\/(tcp|udp)$/.test(key) && !known.has(key))
  return [...asked, ...rest.map((key) => ({ key, pointer: '/publishAll', binding: { HostIp: host.publishAddress, HostPort: '' } }))]
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
