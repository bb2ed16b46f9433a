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
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
} from 'class-validator'
import { Optional } from '../../common/optional.js'
import type { LogCursors } from '../../streams/source.js'
import { IsLogCursors, nanoseconds } from './logs-cursor.js'
import { LOG_LEVELS, type LogLevel } from './logs-level.js'

/** Containers of one merged tail. */
const MOST_CONTAINERS = 20

/** `[time, n]`, time in RFC 3339 or as unix nanoseconds. */
const PLACE = { type: 'array' as const, items: { oneOf: [{ type: 'string' }, { type: 'integer' }] }, minItems: 2, maxItems: 2 }

/** Params of `container.logs`. */
export class LogsParams {
  /** Names, full ids or unique id prefixes. One named by its name is followed into the next container of that name. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_CONTAINERS)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  containers!: string[]

  /** Name or id of the team; may be left out where the references are not ambiguous. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** The last n lines of each container (lines of more than 16 KiB count as several); all when left out. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  tail?: number

  /** RFC 3339, inclusive. */
  @Optional()
  @IsTime()
  since?: string

  /** RFC 3339. */
  @Optional()
  @IsTime()
  until?: string

  /** Goes on with what is written from now on. */
  @Optional()
  @IsBoolean()
  follow?: boolean

  /** On unless false. */
  @Optional()
  @IsBoolean()
  stdout?: boolean

  /** On unless false. */
  @Optional()
  @IsBoolean()
  stderr?: boolean

  /** Only lines that contain this text, whatever its case. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(1_024)
  search?: string

  /** Only lines that match this expression of RE2 (in their first 16 KiB). */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(1_024)
  regex?: string

  /** Only lines of this level or a worse one; lines that say no level are left out. */
  @Optional()
  @IsIn(LOG_LEVELS)
  level?: LogLevel

  /** Tells the level of each line, whether it is JSON, and its message then. */
  @Optional()
  @IsBoolean()
  parse?: boolean

  /** Resume behind the last lines that the reader has: `{[container id]: {stdout: [time, n], stderr: [time, n]}}`. `tail` does not count then. */
  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: { type: 'object', properties: { stdout: PLACE, stderr: PLACE } },
  })
  @Optional()
  @IsLogCursors()
  cursor?: LogCursors
}

function IsTime(): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && value.length <= 40 && nanoseconds(value) !== null
  return ValidateBy({ name: 'isTime', validator: { validate, defaultMessage: () => 'must be a time in RFC 3339' } })
}
