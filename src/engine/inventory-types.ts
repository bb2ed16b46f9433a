import type { ContainerState, HealthState } from './types.js'

export type InventoryKind = 'container' | 'image' | 'network' | 'volume'

export interface PublishedPort {
  readonly containerPort: number
  readonly protocol: string
  readonly hostIp?: string
  readonly hostPort?: number
}

export interface EntryMount {
  readonly type: string
  /** Of a volume. */
  readonly name?: string
  readonly source: string
  readonly destination: string
  readonly readOnly: boolean
}

export interface EntryNetwork {
  /** The network's name on the engine. */
  readonly engineName: string
  /** Empty while the container was never started. */
  readonly networkId: string
  readonly ipAddress: string
  readonly ipv6Address: string
  readonly macAddress: string
  readonly aliases: readonly string[]
  /** `<short id>:<alias>` */
  readonly links: readonly string[]
}

/** What only an inspect knows; times are ISO text or null for never. */
export interface ContainerDetail {
  readonly exitCode: number
  readonly oomKilled: boolean
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly health: HealthState['Status']
  readonly restartCount: number
  readonly tty: boolean
  readonly openStdin: boolean
  readonly logDriver: string
  readonly restartPolicy: string
  readonly autoRemove: boolean
  /** What the engine says when a start failed; its raw text, for administrators' logs only. */
  readonly error: string
}

export interface ContainerEntry {
  readonly kind: 'container'
  readonly id: string
  /** Without the leading slash. */
  readonly engineName: string
  /** The reference as given at create, often an id or a holding tag. */
  readonly image: string
  readonly imageId: string
  readonly command: string
  /** Unix milliseconds. */
  readonly created: number
  readonly state: ContainerState
  readonly labels: Readonly<Record<string, string>>
  readonly ports: readonly PublishedPort[]
  readonly mounts: readonly EntryMount[]
  readonly networks: readonly EntryNetwork[]
  /** Absent until the first inspect, a moment after the first list. `inventory.refresh` fills it. */
  readonly detail?: ContainerDetail
}

export interface VolumeEntry {
  readonly kind: 'volume'
  /** The engine name. */
  readonly id: string
  readonly engineName: string
  readonly driver: string
  readonly mountpoint: string
  /** Unix milliseconds; with the name it is the identity of a volume. */
  readonly created: number
  readonly labels: Readonly<Record<string, string>>
}

export interface NetworkEntry {
  readonly kind: 'network'
  readonly id: string
  readonly engineName: string
  readonly driver: string
  readonly scope: string
  readonly internal: boolean
  readonly created: number
  readonly subnets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface ImageEntry {
  readonly kind: 'image'
  /** `sha256:…` */
  readonly id: string
  readonly parentId: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  readonly created: number
  readonly size: number
  readonly labels: Readonly<Record<string, string>>
}

export interface EntryOf {
  readonly container: ContainerEntry
  readonly image: ImageEntry
  readonly network: NetworkEntry
  readonly volume: VolumeEntry
}

export type InventoryEntry = EntryOf[InventoryKind]

/** One change of the inventory; `entry` is the last known state, also for `removed`. */
export interface InventoryChange {
  readonly kind: InventoryKind
  readonly action: 'added' | 'changed' | 'removed'
  readonly id: string
  readonly entry: InventoryEntry
  /** The inventory's revision with this change in it. */
  readonly revision: number
}

/** The reading side of one kind. */
export interface InventoryView<E extends InventoryEntry> {
  readonly size: number
  get(id: string): E | undefined
  /** A fresh array, in no particular order. */
  all(): E[]
}
