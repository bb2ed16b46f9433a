import type { ContainerSpec } from '../engine/index.js'
import type { ContainerRequest, HealthcheckRequest, HostFacts, ImageFacts, ResolvedMount, ResolvedNetwork } from './container-request.js'
import { isReservedLabel } from './labels.js'

const GIB = 1_073_741_824
const DEFAULT_MEMORY = 2 * GIB
const DEFAULT_CPUS = 2
const DEFAULT_PIDS = 1_024
const OPEN_FILES = 65_536
const NANO = 1_000_000_000

/** The reference that the container was created by; the engine itself only knows the content. */
export const LABEL_IMAGE = 'berth.image'

/** Everything that a body is made of. */
export interface BodyParts {
  readonly request: ContainerRequest
  readonly image: ImageFacts
  readonly host: HostFacts
  readonly mounts: readonly ResolvedMount[]
  /** Null: none, whatever the request says. */
  readonly network: ResolvedNetwork | null
  /** Uid and witness of the new object. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A new body in the engine's shape. Every field that decides about security is written, also where it is the engine's
 * default today: an engine that is configured otherwise must not change what a team gets.
 */
export function containerBody(parts: BodyParts): ContainerSpec {
  const { request, image } = parts
  return {
    Image: image.contentId,
    Cmd: request.command,
    Entrypoint: request.entrypoint,
    Env: request.env,
    Tty: request.tty ?? false,
    OpenStdin: request.openStdin ?? false,
    // What the first attached client closes, the process sees closed: as `docker run -i`.
    StdinOnce: false,
    User: request.user,
    WorkingDir: request.workingDir,
    Hostname: request.hostname,
    StopSignal: request.stopSignal,
    StopTimeout: request.stopTimeout,
    Labels: labels(parts),
    // Replaced by mounts with our labels; an empty map takes nothing of the image's away.
    Volumes: {},
    ExposedPorts: Object.fromEntries(published(parts).map(({ key }) => [key, {}])),
    Healthcheck: request.healthcheck && healthcheck(request.healthcheck),
    HostConfig: hostConfig(parts),
    NetworkingConfig: { EndpointsConfig: endpoints(parts) },
  }
}

function hostConfig(parts: BodyParts): NonNullable<ContainerSpec['HostConfig']> {
  const { request, network } = parts
  return {
    Privileged: false,
    CapAdd: [],
    CapDrop: ['NET_RAW', 'MKNOD'],
    SecurityOpt: ['no-new-privileges'],
    PidMode: '',
    IpcMode: 'private',
    UTSMode: '',
    UsernsMode: '',
    CgroupnsMode: 'private',
    CgroupParent: '',
    Devices: [],
    Sysctls: {},
    Binds: [],
    VolumesFrom: [],
    PublishAllPorts: false,
    // Never the engine's own default: that bridge is shared by every team.
    NetworkMode: network?.engineName ?? 'none',
    PortBindings: portBindings(parts),
    Mounts: parts.mounts.map(engineMount),
    RestartPolicy: { Name: request.restart?.policy ?? 'no', MaximumRetryCount: request.restart?.maxRetries ?? 0 },
    AutoRemove: request.autoRemove ?? false,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    ...limits(parts),
  }
}

function limits({ request, host }: BodyParts): object {
  const memory = request.resources?.memory ?? Math.min(DEFAULT_MEMORY, host.memory)
  const files = Math.min(OPEN_FILES, host.openFiles)
  return {
    Memory: memory,
    // The same: without swap, or the limit would be twice what it says.
    MemorySwap: memory,
    NanoCpus: Math.round((request.resources?.cpus ?? Math.min(DEFAULT_CPUS, host.cpus)) * NANO),
    PidsLimit: request.resources?.pids ?? DEFAULT_PIDS,
    Ulimits: [{ Name: 'nofile', Soft: files, Hard: files }],
    OomKillDisable: false,
    ShmSize: 67_108_864,
  }
}

/** The image's labels that could pass for ours are set empty, since an image can be made by anybody; the client's and ours follow. */
function labels({ request, image, labels: own }: BodyParts): Record<string, string> {
  const inherited = Object.keys(image.labels).filter(isReservedLabel)
  return { ...Object.fromEntries(inherited.map((key) => [key, ''])), ...request.labels, ...own, [LABEL_IMAGE]: image.reference }
}

function endpoints({ network }: BodyParts): Record<string, object> {
  return network ? { [network.engineName]: { Aliases: [...network.aliases] } } : {}
}

interface Published {
  readonly key: string
  readonly binding: { readonly HostIp: string; readonly HostPort: string }
}

/** The request's ports, and with publishAll what else the image exposes: written out, so that they bind where ours do. */
function published({ request, image, host }: BodyParts): Published[] {
  const asked = (request.ports ?? []).map((port) => ({
    key: `${port.container}/${port.protocol ?? 'tcp'}`,
    binding: { HostIp: port.hostIp ?? host.publishAddress, HostPort: port.host === undefined ? '' : String(port.host) },
  }))
  if (!request.publishAll) return asked
  const known = new Set(asked.map(({ key }) => key))
  const rest = image.exposed.filter((key) => /^\d{1,5}\/(tcp|udp)$/.test(key) && !known.has(key))
  return [...asked, ...rest.map((key) => ({ key, binding: { HostIp: host.publishAddress, HostPort: '' } }))]
}

function portBindings(parts: BodyParts): Record<string, Published['binding'][]> {
  const bindings: Record<string, Published['binding'][]> = {}
  for (const { key, binding } of published(parts)) (bindings[key] ??= []).push(binding)
  return bindings
}

function engineMount(mount: ResolvedMount): object {
  const { target: Target, readOnly: ReadOnly } = mount
  if (mount.type === 'tmpfs') return { Type: 'tmpfs', Target, ReadOnly, TmpfsOptions: { SizeBytes: mount.size } }
  if (mount.type === 'volume') return { Type: 'volume', Source: mount.engineName, Target, ReadOnly }
  // Without a source: the engine makes an anonymous volume with these labels, which goes with the container (measured).
  return { Type: 'volume', Target, ReadOnly, VolumeOptions: { Labels: mount.labels } }
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
