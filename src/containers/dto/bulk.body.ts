import { ApiProperty } from '@nestjs/swagger'
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { Optional } from '../../common/optional.js'
import { SIGNAL } from './signal.js'

export const BULK_ACTIONS = ['start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'remove'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

/** The same for many containers. */
export class BulkBody {
  @ApiProperty({ enum: BULK_ACTIONS, enumName: 'BulkAction' })
  @IsIn(BULK_ACTIONS)
  action!: BulkAction

  /** Names, full ids or unique id prefixes. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  refs!: string[]

  /** Team whose containers are meant; may be left out where the references are not ambiguous. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Of `stop` and `restart`: seconds until a container is killed; its own when left out. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(600)
  timeout?: number

  /** Of `kill`; `SIGKILL` when left out. */
  @Optional()
  @Matches(SIGNAL, { message: 'must be a signal such as SIGTERM' })
  signal?: string

  /** Of `remove`: also running ones, which are killed. */
  @Optional()
  @IsBoolean()
  force?: boolean

  /** Of `remove`: their anonymous volumes too. */
  @Optional()
  @IsBoolean()
  volumes?: boolean
}

/** Which containers are no longer wanted. */
export class PruneContainersBody {
  /** Only what was created before this time, RFC 3339. */
  @Optional()
  @Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, { message: 'must be RFC 3339, such as 2026-01-31T12:00:00Z' })
  until?: string

  /** Only with all of these labels: `key` or `key=value`. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  @MaxLength(4_400, { each: true })
  label?: string[]
}
