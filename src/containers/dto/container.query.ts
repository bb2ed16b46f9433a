import { ApiPropertyOptional } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsArray, IsBoolean, IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'
import { MAX_LIMIT } from '../../common/paging.js'
import type { WaitCondition } from '../../engine/index.js'
import { CONTAINER_STATUSES, type ContainerStatus, HEALTH_STATUSES, type HealthStatus } from './container.response.js'
import { flag, many } from './fields.js'
import { SIGNAL } from './signal.js'

export const CONTAINER_SORTS = ['created', '-created', 'name', '-name', 'status', '-status'] as const
export type ContainerSort = (typeof CONTAINER_SORTS)[number]
const PORT = /^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/

export class ListContainersQuery extends PageQuery {
  /** Also those that do not run. `status`, `exited`, `latest` and `last` imply it. */
  @flag
  @Optional()
  @IsBoolean()
  all?: boolean

  /** Only the newest container. */
  @flag
  @Optional()
  @IsBoolean()
  latest?: boolean

  /** Only the n newest containers. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  last?: number

  /** Also their sizes on the disk. The engine counts them file by file, which takes its time. */
  @flag
  @Optional()
  @IsBoolean()
  size?: boolean

  /** Order; newest first when left out. */
  @ApiPropertyOptional({ enum: CONTAINER_SORTS, enumName: 'ContainerSort' })
  @Optional()
  @IsIn(CONTAINER_SORTS)
  sort?: ContainerSort

  /** Only ids that begin so. Repeatable, as the other filters: one of the values has to fit. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(/^[0-9a-f]{1,64}$/, { each: true, message: 'must be hex digits' })
  id?: string[]

  /** Only names that contain this text. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  name?: string[]

  /** Only with this label: `key` or `key=value`. Repeatable: all have to fit. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  @MaxLength(4400, { each: true })
  label?: string[]

  @ApiPropertyOptional({ enum: CONTAINER_STATUSES, enumName: 'ContainerStatus', isArray: true })
  @many
  @Optional()
  @IsArray()
  @IsIn(CONTAINER_STATUSES, { each: true })
  status?: ContainerStatus[]

  /** Only those that ended with this code. */
  @ApiPropertyOptional({ type: [Number] })
  @many
  @Optional()
  @IsArray()
  @Type(() => Number)
  @IsInt({ each: true })
  exited?: number[]

  /** Only those created before this container (name or id). */
  @Optional()
  @IsString()
  @MaxLength(64)
  before?: string

  /** Only those created after this container (name or id). */
  @Optional()
  @IsString()
  @MaxLength(64)
  since?: string

  /** Only those of this image: reference or `sha256:` id. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  ancestor?: string[]

  /** Only those that mount this volume, by name or by destination. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(4096, { each: true })
  volume?: string[]

  /** Only those connected to this network. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  network?: string[]

  /** Only running ones that publish this port of theirs: `80`, `80/udp`, or a range such as `8000-8080`. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(PORT, { each: true, message: 'must be a port such as 80, 80/udp or 8000-8080' })
  publish?: string[]

  /** Only running ones that expose this port of theirs, published or not. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(PORT, { each: true, message: 'must be a port such as 80, 80/udp or 8000-8080' })
  expose?: string[]

  @ApiPropertyOptional({ enum: HEALTH_STATUSES, enumName: 'HealthStatus', isArray: true })
  @many
  @Optional()
  @IsArray()
  @IsIn(HEALTH_STATUSES, { each: true })
  health?: HealthStatus[]
}

export class InspectContainerQuery {
  /** Also its size on the disk. The engine counts it file by file, which takes its time. */
  @flag
  @Optional()
  @IsBoolean()
  size?: boolean
}

export class StopQuery {
  /** Seconds until it is killed; the container's own when left out. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(600)
  timeout?: number
}

export class KillQuery {
  /** `SIGKILL` when left out. */
  @Optional()
  @Matches(SIGNAL, { message: 'must be a signal such as SIGTERM' })
  signal?: string
}

export const WAIT_CONDITIONS = ['not-running', 'next-exit', 'removed'] as const satisfies readonly WaitCondition[]

export class WaitQuery {
  /** What is waited for; `not-running` when left out. */
  @ApiPropertyOptional({ enum: WAIT_CONDITIONS, enumName: 'WaitCondition' })
  @Optional()
  @IsIn(WAIT_CONDITIONS)
  condition?: WaitCondition
}

export class RemoveQuery {
  /** Also a running one, which is killed. */
  @flag
  @Optional()
  @IsBoolean()
  force?: boolean

  /** Its anonymous volumes too; named ones stay. */
  @flag
  @Optional()
  @IsBoolean()
  volumes?: boolean
}

export const TOP_ARGUMENTS = ['aux', '-ef', '-eF', '-el'] as const

export class TopQuery {
  /** Other columns; needs the permission containers.operate. */
  @ApiPropertyOptional({ enum: TOP_ARGUMENTS, enumName: 'TopArguments' })
  @Optional()
  @IsIn(TOP_ARGUMENTS)
  args?: (typeof TOP_ARGUMENTS)[number]
}

export class RenameBody {
  @IsString()
  name!: string
}
