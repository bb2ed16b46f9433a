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
  /** `name` or `name:alias` of other containers of the team on the same network. */
  readonly links?: readonly string[]
  readonly privileged?: boolean
  /** `no-new-privileges=false`, `seccomp=<name>` and what else an administrator named for the team. */
  readonly securityOptions?: readonly string[]
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
  /** Name of a volume; with `bind` the alias of a host export, or a path that the team was granted. */
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
  /** Empty: root. */
  readonly user: string
  /** In the engine's shape; null where it has none. */
  readonly healthcheck: Readonly<Record<string, unknown>> | null
}

/** What the host can give. */
export interface HostFacts {
  readonly cpus: number
  readonly memory: number
  /** Hard limit of open files, beyond which the engine could not start anything. */
  readonly openFiles: number
  /** Of the engine, as it was chosen at connect: `1.41`. */
  readonly apiVersion: string
  /** Where ports are published that name no address. */
  readonly publishAddress: string
}

/** What asked for a mount: `/mounts/0`, `/volumesFrom/0`, `/image`. */
interface Asked {
  readonly pointer: string
  readonly target: string
  readonly readOnly: boolean
}

/** A mount whose names are resolved to what the engine calls them. What is not the team's is refused by its source. */
export type ResolvedMount =
  | (Asked & { readonly type: 'volume'; readonly engineName: string })
  | (Asked & { readonly type: 'anonymous'; readonly labels?: Readonly<Record<string, string>> })
  | (Asked & { readonly type: 'tmpfs'; readonly size: number | undefined })
  | (Asked & { readonly type: 'bind'; readonly path: string })

/** Mounts, and the proof of what of them is the team's. */
export interface ResolvedMounts {
  readonly list: readonly ResolvedMount[]
  readonly volumes: ReadonlySet<string>
  readonly exports: ReadonlyMap<string, { readonly readOnly: boolean }>
}

/** The network that a container is put on, its names resolved. */
export interface ResolvedNetwork {
  readonly engineName: string
  /** What the others on it reach the container by. */
  readonly aliases: readonly string[]
  /** What it reaches others by. */
  readonly links?: readonly ResolvedLink[]
}

/** A name of the new container's own for another one. */
export interface ResolvedLink {
  /** Full id of a container of the team. */
  readonly containerId: string
  readonly alias: string
}
