import { ApiPropertyOptional } from '@nestjs/swagger'
import { IsBoolean, Matches } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { flag } from './fields.js'

const TIME = /^(\d{1,11}(\.\d{1,9})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))$/
const TIME_TEXT = { message: 'must be RFC 3339, such as 2026-01-31T12:00:00Z, or Unix seconds' }

export class LogsQuery {
  /** The last n lines, or `all`. Lines of more than 16 KiB count as several. */
  @ApiPropertyOptional({ type: String, default: 'all' })
  @Optional()
  @Matches(/^(all|\d{1,9})$/, { message: 'must be a number or all' })
  tail?: string

  /** Lines of this time and later: RFC 3339 or Unix seconds. */
  @Optional()
  @Matches(TIME, TIME_TEXT)
  since?: string

  /** Lines before this time: RFC 3339 or Unix seconds. */
  @Optional()
  @Matches(TIME, TIME_TEXT)
  until?: string

  /** Puts the time before each line; NDJSON always has it. */
  @flag
  @Optional()
  @IsBoolean()
  timestamps?: boolean

  /** `false` leaves it out. */
  @flag
  @Optional()
  @IsBoolean()
  stdout?: boolean

  /** `false` leaves it out. */
  @flag
  @Optional()
  @IsBoolean()
  stderr?: boolean

  /** Stays open and goes on with each new line until the container ends. */
  @flag
  @Optional()
  @IsBoolean()
  follow?: boolean
}

/** One line of `application/x-ndjson`. */
export class LogLineRecord {
  /** Name of the container. */
  container!: string
  @ApiPropertyOptional({ enum: ['stdout', 'stderr'], enumName: 'OutputStream' })
  stream!: 'stdout' | 'stderr'
  /** RFC 3339 with nanoseconds. */
  time!: string
  line!: string
  /** The line goes on in the next record of the same stream. */
  partial?: boolean
}
