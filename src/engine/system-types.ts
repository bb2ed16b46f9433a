/** What the engine says of itself and of what happens on it, in its own spelling; only the fields that we read. */

export interface SystemVersion {
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion?: string
  readonly Os: string
  readonly Arch: string
  readonly KernelVersion?: string
}

export interface SystemInfo {
  readonly ID: string
  readonly Name: string
  readonly ServerVersion: string
  readonly OperatingSystem: string
  readonly OSType: string
  readonly Architecture: string
  readonly NCPU: number
  readonly MemTotal: number
  readonly Driver: string
  readonly LoggingDriver: string
  readonly CgroupDriver: string
  readonly CgroupVersion?: string
  readonly Containers: number
  readonly ContainersRunning: number
  readonly ContainersPaused: number
  readonly ContainersStopped: number
  readonly Images: number
  readonly DockerRootDir: string
  readonly SystemTime?: string
  readonly KernelVersion?: string
  readonly SecurityOptions?: readonly string[] | null
  readonly Warnings?: readonly string[] | null
  readonly MemoryLimit?: boolean
  readonly PidsLimit?: boolean
  readonly CpuCfsQuota?: boolean
  readonly SwapLimit?: boolean
  readonly IPv4Forwarding?: boolean
  readonly BridgeNfIptables?: boolean
  readonly RegistryConfig?: {
    readonly Mirrors?: readonly string[] | null
    readonly InsecureRegistryCIDRs?: readonly string[] | null
    readonly IndexConfigs?: Readonly<Record<string, { readonly Secure: boolean }>> | null
  } | null
}

/** One line of `GET /events`. */
export interface EngineEvent {
  readonly Type: string
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> | null }
  /** Unix seconds. */
  readonly time: number
  /** Unix nanoseconds, rounded by JSON to about 200 ns: order only, never an identity. */
  readonly timeNano: number
}
