import { Injectable } from '@nestjs/common'
import { Type } from 'class-transformer'
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsObject, IsString, MaxLength, ValidateNested } from 'class-validator'
import type { Grant } from '../access/index.js'
import { Optional } from '../common/optional.js'
import {
  type EventRecord,
  type OpenStream,
  type OwnEnd,
  type StreamContext,
  StreamKind,
  type StreamItem,
  type StreamSource,
} from '../streams/source.js'
import { EVENT_KINDS, type EventKind, IsTime } from './dto/event.dto.js'
import { type EventBatch, Events } from './events.service.js'

const MOST_WORDS = 32

/** All that are given have to fit; of each, any one word. */
export class EventFilters {
  @Optional()
  @IsArray()
  @IsIn(EVENT_KINDS, { each: true })
  kind?: EventKind[]

  /** `start`, `die`, `health_status` … */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  action?: string[]

  /** Names or full ids of objects. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsString({ each: true })
  @MaxLength(512, { each: true })
  name?: string[]
}

export class EventsParams {
  /** Only of this team; of all of yours when left out. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Events of this time and later: RFC 3339 or Unix seconds. Without it, and without a cursor, from now on. */
  @Optional()
  @IsTime()
  since?: string

  /** Ends then. */
  @Optional()
  @IsTime()
  until?: string

  /** Goes on after this place: `cursor` of an event, of a page or of the ack. */
  @Optional()
  @IsString()
  @MaxLength(128)
  cursor?: string

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => EventFilters)
  filters?: EventFilters

  /** Also what belongs to no team, and the host's own; for administrators and auditors. */
  @Optional()
  @IsBoolean()
  unowned?: boolean
}

const TEXT_OR_NULL = { type: ['string', 'null'] }
const FRAMES = [
  {
    type: 'object',
    description: 'an event, as GET /system/events has it; gaps come as stream:gap',
    required: ['type', 'cursor', 'time', 'kind', 'action', 'team', 'id', 'name'],
    properties: {
      type: { const: 'event' },
      cursor: { type: 'string', description: 'goes on after it' },
      time: { type: 'string', description: 'RFC 3339 with nanoseconds' },
      kind: { enum: EVENT_KINDS },
      action: { type: 'string' },
      team: TEXT_OR_NULL,
      id: TEXT_OR_NULL,
      name: TEXT_OR_NULL,
      exitCode: { type: 'integer' },
      signal: { type: 'string' },
      exec: { type: 'string' },
      command: { ...TEXT_OR_NULL, description: 'null without the permission containers.env' },
      image: { type: 'string' },
      health: { type: 'string' },
      container: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } },
      destination: { type: 'string' },
      readOnly: { type: 'boolean' },
      previousName: { type: 'string' },
    },
  },
]

/** `system.events`: what happens to the objects of your teams, from a place on, and live. */
@Injectable()
@StreamKind({
  kind: 'system.events',
  operation: 'SystemEvents',
  params: EventsParams,
  summary: 'What happens to the objects of your teams',
  frames: FRAMES,
})
export class EventsStream implements StreamSource<'SystemEvents', EventsParams> {
  constructor(private readonly events: Events) {}

  pointers({ team }: EventsParams) {
    return [{ team }]
  }

  async open(
    [grant]: readonly Grant<'SystemEvents'>[],
    { filters = {}, since, until, cursor, unowned }: EventsParams,
    { signal }: StreamContext<'SystemEvents'>,
  ): Promise<OpenStream> {
    const { kind, action, name } = filters
    const wishes = { kind, action, name, since, until, cursor, unowned }
    const followed = await this.events.follow(grant!, { wishes, at: '/params' }, signal)
    return { ack: { cursor: followed.cursor }, output: items(followed.batches) }
  }
}

async function* items(batches: AsyncGenerator<EventBatch>): AsyncGenerator<StreamItem, OwnEnd> {
  for await (const { records } of batches) {
    for (const record of records) {
      if (record.type === 'event') yield { frames: [record satisfies EventRecord] }
      else yield { gap: { from: record.from, to: record.to, reason: record.reason } }
    }
  }
  return { reason: 'ended' }
}
