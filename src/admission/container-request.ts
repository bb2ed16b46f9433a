/** What a client asks for, after its shape was checked: in our own words, never the engine's. */
export interface ContainerRequest {
  readonly image: string
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  /** `KEY=VALUE`, or `KEY` to take away what the image sets. */
  readonly env?: readonly string[]
  readonly tty?: boolean
  readonly openStdin?: boolean
  readonly user?: string
  readonly workingDir?: string
  readonly hostname?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly ports?: readonly PortRequest[]
  readonly publishAll?: boolean
  readonly mounts?: readonly MountRequest[]
  readonly volumesFrom?: readonly string[]
  readonly network?: string
  readonly privileged?: boolean
  readonly resources?: { readonly memory?: number; readonly cpus?: number; readonly pids?: number }
  readonly restart?: { readonly policy: RestartPolicy; readonly maxRetries?: number }
  readonly healthcheck?: HealthcheckRequest
  readonly autoRemove?: boolean
  readonly stopSignal?: string
  /** Seconds. */
  readonly stopTimeout?: number
  readonly count?: number
}

export const RESTART_POLICIES = ['no', 'on-failure', 'always', 'unless-stopped'] as const
export type RestartPolicy = (typeof RESTART_POLICIES)[number]

export const MOUNT_TYPES = ['volume', 'bind', 'tmpfs'] as const

export interface PortRequest {
  readonly container: number
  /** A free one of the host when left out. */
  readonly host?: number
  readonly hostIp?: string
  readonly protocol?: 'tcp' | 'udp'
}

export interface MountRequest {
  readonly type: (typeof MOUNT_TYPES)[number]
  /** Name of a volume; a host path with `bind`. */
  readonly source?: string
  readonly target: string
  readonly readOnly?: boolean
  /** Bytes, of a tmpfs. */
  readonly size?: number
}

/** Times in seconds. */
export interface HealthcheckRequest {
  readonly test: readonly string[]
  readonly interval?: number
  readonly timeout?: number
  readonly retries?: number
  readonly startPeriod?: number
}

/** What the image itself brings in. */
export interface ImageFacts {
  /** `sha256:…` */
  readonly contentId: string
  /** The reference that its team knows it by. */
  readonly reference: string
  readonly labels: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  /** `80/tcp` */
  readonly exposed: readonly string[]
  readonly workingDir: string
  /** Seconds between two runs of its health check; null where it has none or does not say. */
  readonly healthInterval: number | null
}

/** What the host can give. */
export interface HostFacts {
  readonly cpus: number
  readonly memory: number
  /** Hard limit of open files, beyond which the engine could not start anything. */
  readonly openFiles: number
  /** Where ports are published that name no address. */
  readonly publishAddress: string
}

/** A mount whose names are resolved: engine names, own volumes only. */
export type ResolvedMount =
  | { readonly type: 'volume'; readonly engineName: string; readonly target: string; readonly readOnly: boolean }
  | { readonly type: 'anonymous'; readonly target: string; readonly readOnly: boolean; readonly labels: Readonly<Record<string, string>> }
  | { readonly type: 'tmpfs'; readonly target: string; readonly readOnly: boolean; readonly size: number }

/** The network that a container is put on, its names resolved. */
export interface ResolvedNetwork {
  readonly engineName: string
  /** What the others on it reach the container by. */
  readonly aliases: readonly string[]
}
