import { Controller, createParamDecorator, type ExecutionContext, Get, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import type { BytesOut } from '../common/bytes.js'
import { Ending } from '../http/ending.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { type EventPage, EventsQuery } from './dto/event.dto.js'
import { AnswersEvents, wantsLines } from './event-answer.js'
import { Events } from './events.service.js'

const Live = createParamDecorator((_: unknown, context: ExecutionContext): boolean => wantsLines(context))

@ApiTags('system')
@Controller('system')
export class EventsController {
  constructor(private readonly events: Events) {}

  /**
   * What happened to the objects of your teams, the oldest first; kept for BERTH_EVENTS_DAYS. With `follow=true`, or
   * `Accept: application/x-ndjson`, each new event follows as a line.
   */
  @Get('events')
  @AnswersEvents()
  @Operation('SystemEvents', 'Events, kept and live')
  read(
    @Granted() grant: Grant<'SystemEvents'>,
    @Query() query: EventsQuery,
    @Live() live: boolean,
    @Ending() ending: AbortSignal,
  ): Promise<EventPage | BytesOut> {
    return live ? this.events.stream(grant, query, ending) : this.events.list(grant, query)
  }
}
