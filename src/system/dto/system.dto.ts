import { ApiProperty } from '@nestjs/swagger'

/** Versions of the gateway and of the engine behind it. */
export class VersionResponse {
  /** Version of this gateway. */
  berth!: string
  /** Version of the Docker Engine. */
  engine!: string
  /** Engine API version in use: the lower of the engine's and 1.55. */
  apiVersion!: string
  /** Kernel of the host, as `uname -r` tells. */
  kernel!: string
  /** Operating system of the engine: `linux`. */
  os!: string
  /** Processor architecture of the engine: `amd64`. */
  architecture!: string
}

/** Containers that the caller may see, by state. */
export class ContainerCounts {
  total!: number
  running!: number
  paused!: number
  stopped!: number
}

/** The host and its engine. Counts speak only of what the caller may see. */
export class InfoResponse {
  /** Name of the host. */
  name!: string
  /** Version of the Docker Engine. */
  engine!: string
  /** Distribution of the host. */
  operatingSystem!: string
  kernel!: string
  architecture!: string
  /** Processors of the host. */
  cpus!: number
  /** Memory of the host in bytes. */
  memory!: number
  /** Storage driver: `overlay2`. */
  storageDriver!: string
  loggingDriver!: string
  cgroupDriver!: string
  /** `1` or `2`. */
  cgroupVersion!: string
  /** Security features in force: `name=seccomp,profile=default`. */
  securityOptions!: string[]
  /** Registry mirrors of the engine's configuration. */
  registryMirrors!: string[]
  /** Registries and address ranges that the engine may reach without TLS. */
  insecureRegistries!: string[]
  containers!: ContainerCounts
  /** Image references that the caller's teams have. */
  images!: number
}

/** One thing that was looked at. */
export class CheckItem {
  /** `kernel`, `architecture`, `cgroups` … */
  name!: string
  /** `missing`: the host can not be shared without it. */
  @ApiProperty({ enum: ['ok', 'warning', 'missing'], enumName: 'CheckState' })
  state!: 'ok' | 'warning' | 'missing'
  /** What was found. */
  detail!: string
  /** What to do about it, or how to have it; null where nothing is to be done. */
  @ApiProperty({ type: String, nullable: true })
  fix!: string | null
}

/** Is this host ready to be shared? */
export class CheckResponse {
  /** Nothing is missing. */
  ready!: boolean
  items!: CheckItem[]
}
