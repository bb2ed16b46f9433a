import {
  applyDecorators,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common'
import { ApiExtraModels, ApiOkResponse, ApiProduces, getSchemaPath } from '@nestjs/swagger'
import type { FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { map, type Observable } from 'rxjs'
import { AuditItem, AuditPage } from './dto/audit.dto.js'

const NDJSON = 'application/x-ndjson'

/** How the log is answered: a page, or a record for each line. */
export type AuditFormat = 'json' | 'ndjson'

/** By `?format=`, else by the Accept header. */
export const Format = createParamDecorator((_: unknown, context: ExecutionContext): AuditFormat => {
  const { headers, query } = context.switchToHttp().getRequest<FastifyRequest>()
  const { format } = query as { format?: unknown }
  if (format !== undefined) return format === 'ndjson' ? 'ndjson' : 'json'
  return (headers.accept ?? '').toLowerCase().includes(NDJSON) ? 'ndjson' : 'json'
})

/** Writes the records of an export as its reader has room for them. */
@Injectable()
class AuditAnswer implements NestInterceptor<AuditPage | AsyncIterable<AuditItem>> {
  intercept(_context: ExecutionContext, next: CallHandler<AuditPage | AsyncIterable<AuditItem>>): Observable<unknown> {
    return next
      .handle()
      .pipe(map((answer) => ('items' in answer ? answer : new StreamableFile(Readable.from(lines(answer)), { type: NDJSON }))))
  }
}

async function* lines(items: AsyncIterable<AuditItem>): AsyncGenerator<Buffer> {
  for await (const item of items) yield Buffer.from(`${JSON.stringify(item)}\n`)
}

/** For a handler that answers the log. */
export function AnswersAudit() {
  return applyDecorators(
    UseInterceptors(AuditAnswer),
    ApiExtraModels(AuditItem, AuditPage),
    ApiProduces('application/json', NDJSON),
    ApiOkResponse({
      description: 'A page; with `format=ndjson` all records, one a line',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(AuditPage) } },
        [NDJSON]: { schema: { $ref: getSchemaPath(AuditItem) } },
      },
    }),
  )
}
