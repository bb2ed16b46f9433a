import { applyDecorators, type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, UseInterceptors } from '@nestjs/common'
import { ApiExtraModels, ApiOkResponse, ApiProduces, getSchemaPath } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'
import { concatMap, type Observable, of } from 'rxjs'
import type { BytesOut } from '../common/bytes.js'
import { BytesAnswer } from '../http/bytes.js'
import { EventGap, EventPage, SystemEvent } from './dto/event.dto.js'

const NDJSON = 'application/x-ndjson'

/** Does the client want lines that go on, or a page? */
export function wantsLines(context: ExecutionContext): boolean {
  const { headers, query } = context.switchToHttp().getRequest<FastifyRequest>()
  return (query as { follow?: unknown }).follow === 'true' || (headers.accept ?? '').toLowerCase().includes(NDJSON)
}

/** A page as it is; what is followed, as its bytes come. */
@Injectable()
class EventAnswer implements NestInterceptor<EventPage | BytesOut> {
  private readonly bytes = new BytesAnswer()

  intercept(context: ExecutionContext, next: CallHandler<EventPage | BytesOut>): Observable<unknown> {
    return next
      .handle()
      .pipe(concatMap((answer) => ('items' in answer ? of(answer) : this.bytes.intercept(context, { handle: () => of(answer) }))))
  }
}

/** For a handler that answers events. */
export function AnswersEvents() {
  const record = { oneOf: [{ $ref: getSchemaPath(SystemEvent) }, { $ref: getSchemaPath(EventGap) }] }
  return applyDecorators(
    UseInterceptors(EventAnswer),
    ApiExtraModels(SystemEvent, EventGap, EventPage),
    ApiProduces('application/json', NDJSON),
    ApiOkResponse({
      description: 'A page of what is kept; with `follow=true` or `Accept: application/x-ndjson` a record a line, live',
      content: { 'application/json': { schema: { $ref: getSchemaPath(EventPage) } }, [NDJSON]: { schema: record } },
    }),
  )
}
