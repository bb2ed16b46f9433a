import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'

export const CONTAINER_STATUSES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const
export type ContainerStatus = (typeof CONTAINER_STATUSES)[number]
export const HEALTH_STATUSES = ['none', 'starting', 'healthy', 'unhealthy'] as const
export type HealthStatus = (typeof HEALTH_STATUSES)[number]

export class ContainerImage {
  /** The reference that the container was created by; null where it is not known. */
  @ApiProperty({ type: String, nullable: true })
  reference!: string | null
  /** `sha256:…` of the content that it runs. */
  id!: string
}

export class ContainerState {
  @ApiProperty({ enum: CONTAINER_STATUSES, enumName: 'ContainerStatus' })
  status!: ContainerStatus
  /** Also true while paused. */
  running!: boolean
  paused!: boolean
  /** Null: never. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: string | null
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null
  /** Null while it runs or was never started. */
  @ApiProperty({ type: Number, nullable: true })
  exitCode!: number | null
  /** The kernel ended a process of it for lack of memory. */
  oomKilled!: boolean
  @ApiProperty({ enum: HEALTH_STATUSES, enumName: 'HealthStatus' })
  health!: HealthStatus
  /** Why it does not run, in a sentence. */
  explanation?: string
}

export class ContainerPort {
  /** Port inside the container. */
  container!: number
  protocol!: string
  /** Null: exposed, but not published. */
  @ApiProperty({ type: Number, nullable: true })
  host!: number | null
  @ApiProperty({ type: String, nullable: true })
  hostIp!: string | null
}

export class ContainerMount {
  /** `volume`, `tmpfs` or `bind`. */
  type!: string
  /** Name of the volume in the team; null for what is no volume of the team. */
  @ApiProperty({ type: String, nullable: true })
  name!: string | null
  /** Name of the volume, or the host path of a bind. */
  source!: string
  destination!: string
  /** Options as given, such as `z`. */
  mode!: string
  /** May it be written to? */
  rw!: boolean
  propagation!: string
}

export class ContainerNetwork {
  name!: string
  /** Empty while it does not run. */
  ipAddress!: string
  macAddress!: string
}

export class ContainerSize {
  /** Bytes that it has written over its image. */
  writable!: number
  /** Bytes with its image. */
  total!: number
}

/** A container as lists show it, and as every write answers it. */
export class ContainerSummary {
  /** 64 hex digits. */
  id!: string
  name!: string
  /** Name of its team; null for what was made beside the gateway. */
  @ApiProperty({ type: String, nullable: true })
  team!: string | null
  image!: ContainerImage
  /** Program and arguments in one line. */
  commandLine!: string
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  state!: ContainerState
  /** While it runs. */
  @ApiProperty({ type: [ContainerPort] })
  ports!: ContainerPort[]
  @ApiProperty({ type: [ContainerMount] })
  mounts!: ContainerMount[]
  @ApiProperty({ type: [ContainerNetwork] })
  networks!: ContainerNetwork[]
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Record<string, string>
  /** Where it was asked for. */
  @ApiPropertyOptional({ type: ContainerSize })
  size?: ContainerSize
}

/** A container under its new name. */
export class RenamedContainer extends ContainerSummary {
  /** It was running on a network of the team and had to be connected anew to be reached by the new name: connections were cut. */
  connectionsReset!: boolean
}

export class ContainerPage {
  @ApiProperty({ type: [ContainerSummary] })
  items!: ContainerSummary[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
  /** The engine does not answer at present: this is the last that was known. */
  stale!: boolean
}

export class ContainerResources {
  /** Bytes; 0 is no limit. */
  memory!: number
  /** Cores; 0 is no limit. */
  cpus!: number
  /** Processes and threads; 0 is no limit. */
  pids!: number
}

export class ContainerRestart {
  policy!: string
  maxRetries!: number
  /** Restarts by the policy so far. */
  count!: number
}

/** A container with what an update can change. */
export class UpdatedContainer extends ContainerSummary {
  resources!: ContainerResources
  restart!: ContainerRestart
}

/** Everything about a container. */
export class ContainerDetails extends ContainerSummary {
  /** User who created it; null where nobody of ours did. */
  @ApiProperty({ type: String, nullable: true })
  createdBy!: string | null
  @ApiProperty({ type: [String] })
  command!: string[]
  @ApiProperty({ type: [String] })
  entrypoint!: string[]
  /** `KEY=VALUE`; absent without the permission containers.env. */
  @ApiPropertyOptional({ type: [String] })
  env?: string[]
  /** True where env is left out for lack of the permission containers.env. */
  envHidden!: boolean
  tty!: boolean
  openStdin!: boolean
  /** Empty: the image's, or root. */
  user!: string
  workingDir!: string
  hostname!: string
  resources!: ContainerResources
  restart!: ContainerRestart
  autoRemove!: boolean
  /** Driver of its log. */
  logDriver!: string
  privileged!: boolean
  /** What holds beside the capabilities: `no-new-privileges`, `seccomp=<name of the profile>`. */
  @ApiProperty({ type: [String] })
  securityOptions!: string[]
}

/** One of several copies: the container, or why it could not be made. */
export class ContainerCopy {
  @ApiPropertyOptional({ type: ContainerSummary })
  container?: ContainerSummary
  @ApiPropertyOptional({ allOf: [{ $ref: '#/components/schemas/ProblemDetails' }] })
  error?: object
}

/** What came of a creation with `count`. */
export class ContainerCopies {
  @ApiProperty({ type: [ContainerCopy] })
  items!: ContainerCopy[]
}

/** The processes of a container. */
export class ContainerProcesses {
  /** Heads of the columns. */
  @ApiProperty({ type: [String] })
  titles!: string[]
  /** One row for each process. */
  @ApiProperty({ type: 'array', items: { type: 'array', items: { type: 'string' } } })
  processes!: string[][]
}
