import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger'
import { Transform } from 'class-transformer'
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Matches, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'

export const EVENT_KINDS = ['container', 'image', 'network', 'volume', 'host'] as const
export type EventKind = (typeof EVENT_KINDS)[number]

const TIME = /^(\d{1,11}(\.\d{1,9})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))$/
export const IsTime = () => Matches(TIME, { message: 'must be RFC 3339, such as 2026-01-31T12:00:00Z, or Unix seconds' })

const many = Transform(({ value }) => (value === undefined || Array.isArray(value) ? value : [value]))
const flag = Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
const MOST_WORDS = 32

export class EventsQuery extends PageQuery {
  /** Events of this time and later: RFC 3339 or Unix seconds. Without it a page begins with the oldest, and `follow` now. */
  @Optional()
  @IsTime()
  since?: string

  /** Events before this time; `follow` ends then. */
  @Optional()
  @IsTime()
  until?: string

  /** Repeatable: any of them. */
  @ApiPropertyOptional({ type: [String], enum: EVENT_KINDS, enumName: 'EventKind' })
  @many
  @Optional()
  @IsArray()
  @IsIn(EVENT_KINDS, { each: true })
  kind?: EventKind[]

  /** `start`, `die`, `health_status` … Repeatable: any of them. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  action?: string[]

  /** Names or full ids of objects. Repeatable: any of them. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsString({ each: true })
  @MaxLength(512, { each: true })
  name?: string[]

  /** Also what belongs to no team, and the host's own; for administrators and auditors. */
  @flag
  @Optional()
  @IsBoolean()
  unowned?: boolean

  /** Stays open and goes on with each new event, as `application/x-ndjson`. */
  @flag
  @Optional()
  @IsBoolean()
  follow?: boolean
}

/** A container that a network or volume event is about. */
export class EventContainer {
  id!: string
  name!: string
}

/** Something that happened to an object of the team. */
export class SystemEvent {
  @ApiProperty({ enum: ['event'] })
  type!: 'event'
  /** Its place: give it as `cursor` to go on after it. */
  cursor!: string
  /** RFC 3339 with nanoseconds. */
  time!: string
  @ApiProperty({ enum: EVENT_KINDS, enumName: 'EventKind' })
  kind!: EventKind
  /** The engine's word: `create`, `start`, `die`, `exec_create`, `mount` … */
  action!: string
  /** Null for what belongs to no team. */
  @ApiProperty({ type: String, nullable: true })
  team!: string | null
  /** Full id; of an image its content id. Volumes have none. */
  @ApiProperty({ type: String, nullable: true })
  id!: string | null
  /** As the team called it then. */
  @ApiProperty({ type: String, nullable: true })
  name!: string | null
  /** With `die` and `exec_die`. */
  exitCode?: number
  /** With `kill`: a number, or a name. */
  signal?: string
  /** With `exec_…`: id of the exec. */
  exec?: string
  /** With `exec_create` and `exec_start`: the command line; null without the permission containers.env. */
  @ApiPropertyOptional({ type: String, nullable: true })
  command?: string | null
  /** Reference that the container was made from. */
  image?: string
  /** With `health_status`: `healthy` or `unhealthy`. */
  health?: string
  /** With `connect`, `disconnect`, `mount` and `unmount`. */
  container?: EventContainer
  /** With `mount`: where in the container. */
  destination?: string
  /** With `mount`. */
  readOnly?: boolean
  /** With `rename`. */
  previousName?: string
}

/** What happened between two times is not known: it was removed from the ring, or the engine did not remember it. */
export class EventGap {
  @ApiProperty({ enum: ['gap'] })
  type!: 'gap'
  /** RFC 3339; null where the beginning is not known either. */
  @ApiProperty({ type: String, nullable: true })
  from!: string | null
  @ApiProperty({ type: String, nullable: true })
  to!: string | null
  /** `expired`: removed from the ring. `missed`: the gateway or the engine was down. */
  @ApiProperty({ enum: ['expired', 'missed'], enumName: 'EventGapReason' })
  reason!: 'expired' | 'missed'
}

export type EventRecord = SystemEvent | EventGap

@ApiExtraModels(SystemEvent, EventGap)
export class EventPage {
  /** In the order in which they happened. */
  @ApiProperty({ type: 'array', items: { oneOf: [{ $ref: getSchemaPath(SystemEvent) }, { $ref: getSchemaPath(EventGap) }] } })
  items!: EventRecord[]
  /** Null when there is no more now. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
  /** Where this page ends: give it as `cursor` later, here or to a stream, to go on. */
  cursor!: string
}
