import type { ImageSummary } from './image-types.js'

/**
 * What the engine sends and takes, in its own spelling (engine API 1.41 to 1.55), only the fields that we read.
 * An index signature marks the shapes that admission compares field by field.
 */

export type * from './system-types.js'

/** Times are RFC 3339 text unless the name says otherwise; the zero time of Go (`0001-01-01T00:00:00Z`) means never. */
export type EngineTime = string

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export interface PortSummary {
  readonly IP?: string
  readonly PrivatePort: number
  readonly PublicPort?: number
  readonly Type: string
}

export interface MountPoint {
  readonly Type: string
  readonly Name?: string
  readonly Source: string
  readonly Destination: string
  readonly Driver?: string
  readonly Mode?: string
  readonly RW: boolean
}

/** A container's place on a network, as admission builds it. */
export interface EndpointSpec {
  readonly Aliases?: readonly string[]
  readonly Links?: readonly string[]
  readonly IPAMConfig?: { readonly IPv4Address: string }
}

export interface EndpointSettings {
  readonly NetworkID: string
  readonly EndpointID?: string
  readonly Aliases?: readonly string[] | null
  readonly Links?: readonly string[] | null
  readonly Gateway?: string
  readonly IPAMConfig?: { readonly IPv4Address?: string } | null
  readonly IPAddress?: string
  readonly IPPrefixLen?: number
  readonly GlobalIPv6Address?: string
  readonly MacAddress?: string
  readonly [field: string]: unknown
}

/** One row of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string
  readonly Names: readonly string[]
  readonly Image: string
  readonly ImageID: string
  readonly Command: string
  /** Unix seconds. */
  readonly Created: number
  readonly Ports: readonly PortSummary[]
  readonly Labels: Readonly<Record<string, string>> | null
  readonly State: string
  readonly Status: string
  readonly NetworkSettings?: { readonly Networks: Readonly<Record<string, EndpointSettings>> | null } | null
  readonly Mounts: readonly MountPoint[]
}

export interface HealthState {
  readonly Status: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly FailingStreak: number
}

export interface ContainerInspectState {
  readonly Status: ContainerState
  readonly Running: boolean
  readonly Paused: boolean
  readonly Restarting: boolean
  readonly OOMKilled: boolean
  readonly Dead: boolean
  readonly Pid: number
  readonly ExitCode: number
  readonly Error: string
  readonly StartedAt: EngineTime
  readonly FinishedAt: EngineTime
  readonly Health?: HealthState | null
}

/** The image's or a container's `Config`. */
export interface ContainerConfig {
  readonly Image?: string
  readonly User?: string
  readonly Tty?: boolean
  readonly OpenStdin?: boolean
  readonly Env?: readonly string[] | null
  readonly Cmd?: readonly string[] | null
  readonly Entrypoint?: readonly string[] | null
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly Volumes?: Readonly<Record<string, object>> | null
  readonly WorkingDir?: string
  readonly ExposedPorts?: Readonly<Record<string, object>> | null
  readonly [field: string]: unknown
}

export interface LogConfig {
  readonly Type: string
  readonly Config?: Readonly<Record<string, string>> | null
}

export interface PortBinding {
  readonly HostIp?: string
  readonly HostPort?: string
}

export type PortMap = Readonly<Record<string, readonly PortBinding[] | null>>

export interface HostConfig {
  readonly NetworkMode?: string
  readonly LogConfig?: LogConfig
  readonly PortBindings?: PortMap | null
  readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount?: number }
  readonly AutoRemove?: boolean
  readonly [field: string]: unknown
}

/** `GET /containers/{id}/json`. */
export interface ContainerInspect {
  readonly Id: string
  readonly Created: EngineTime
  readonly Path: string
  readonly Args: readonly string[]
  readonly State: ContainerInspectState
  /** `sha256:…` of the image. */
  readonly Image: string
  /** With a leading slash. */
  readonly Name: string
  readonly RestartCount: number
  readonly Driver: string
  readonly Mounts: readonly MountPoint[]
  readonly Config: ContainerConfig
  readonly HostConfig: HostConfig
  readonly NetworkSettings: {
    readonly Ports?: PortMap | null
    readonly Networks: Readonly<Record<string, EndpointSettings>> | null
  }
  readonly ExecIDs?: readonly string[] | null
}

/** The body of a create, in the engine's shape; admission builds it, the engine part sends it as it is. */
export interface ContainerSpec {
  readonly Image: string
  readonly HostConfig?: HostConfig
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, object>> }
  readonly [field: string]: unknown
}

/** Body of `POST /containers/{id}/update`, as admission builds it; what is not there stays as it is. */
export interface ContainerUpdateSpec {
  readonly Memory?: number
  readonly MemorySwap?: number
  readonly NanoCpus?: number
  readonly PidsLimit?: number
  readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount?: number }
}

export interface ContainerCreated {
  readonly Id: string
  readonly Warnings: readonly string[] | null
}

export interface ContainerTop {
  readonly Titles: readonly string[]
  readonly Processes: readonly (readonly string[])[]
}

/** One sample of `GET /containers/{id}/stats`; what a kernel or cgroup version does not count is left out or null. */
export interface ContainerStats {
  /** RFC 3339; the year 1 where the container does not run. */
  readonly read: string
  readonly pids_stats?: { readonly current?: number }
  readonly cpu_stats: CpuStats
  /** The sample before; empty in the first one. */
  readonly precpu_stats: CpuStats
  readonly memory_stats: {
    readonly usage?: number
    readonly limit?: number
    /** `total_inactive_file` on cgroup v1, `inactive_file` on v2. */
    readonly stats?: Readonly<Record<string, number>>
  }
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>>
  readonly blkio_stats: { readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null }
}

export interface CpuStats {
  /** Nanoseconds. */
  readonly cpu_usage: { readonly total_usage: number; readonly percpu_usage?: readonly number[] | null }
  /** Nanoseconds of the whole host. */
  readonly system_cpu_usage?: number
  readonly online_cpus?: number
}

export interface ContainerWait {
  readonly StatusCode: number
  readonly Error?: { readonly Message: string } | null
}

export interface VolumeInspect {
  readonly Name: string
  readonly Driver: string
  readonly Mountpoint: string
  readonly CreatedAt?: EngineTime
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Options: Readonly<Record<string, string>> | null
  readonly Scope: string
}

export interface VolumeSpec {
  readonly Name: string
  readonly [field: string]: unknown
}

export interface NetworkInspect {
  readonly Id: string
  readonly Name: string
  readonly Created: EngineTime
  readonly Scope: string
  readonly Driver: string
  readonly EnableIPv6: boolean
  readonly Internal: boolean
  readonly Attachable: boolean
  readonly Ingress: boolean
  readonly IPAM: {
    readonly Driver: string
    readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string; readonly IPRange?: string }[] | null
  }
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Options: Readonly<Record<string, string>> | null
  readonly Containers?: Readonly<Record<string, { readonly Name: string; readonly IPv4Address: string }>> | null
}

export interface NetworkSpec {
  readonly Name: string
  readonly [field: string]: unknown
}

export interface ExecSpec {
  readonly Cmd: readonly string[]
  readonly [field: string]: unknown
}

export interface ExecInspect {
  readonly ID: string
  readonly ContainerID: string
  readonly Running: boolean
  /** null while it runs. */
  readonly ExitCode: number | null
  readonly Pid: number
  readonly OpenStdin: boolean
  readonly ProcessConfig: { readonly tty: boolean; readonly entrypoint: string; readonly arguments: readonly string[] | null }
}

export interface SystemDf {
  readonly LayersSize: number
  readonly Images: readonly (ImageSummary & { readonly SharedSize: number; readonly Containers: number })[] | null
  readonly Containers: readonly (ContainerSummary & { readonly SizeRw?: number; readonly SizeRootFs?: number })[] | null
  readonly Volumes: readonly (VolumeInspect & { readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null })[] | null
  /** Null where nothing was built by BuildKit. */
  readonly BuildCache?: readonly { readonly Size: number; readonly InUse: boolean; readonly Shared: boolean }[] | null
}

export * from './image-types.js'
