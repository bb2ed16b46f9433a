import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common'
import { ApiExtraModels, ApiOkResponse, ApiProduces, getSchemaPath } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { map, type Observable } from 'rxjs'
import type { LogLine } from '../../engine/index.js'
import type { ContainerLog } from './container-logs.service.js'
import { LogLineRecord } from '../dto/logs.query.js'
import { rfc3339 } from './log-time.js'

const NDJSON = 'application/x-ndjson'
const PLAIN = 'text/plain; charset=utf-8'
const LINE_FEED = Buffer.from('\n')

/** Turns a log into the bytes that the client asked for: as they were written, or a JSON record for each line. */
@Injectable()
export class LogAnswer implements NestInterceptor<ContainerLog, StreamableFile> {
  intercept(context: ExecutionContext, next: CallHandler<ContainerLog>): Observable<StreamableFile> {
    const http = context.switchToHttp()
    const { headers } = http.getRequest<FastifyRequest>()
    const { raw } = http.getResponse<FastifyReply>()
    const asRecords = (headers.accept ?? '').toLowerCase().includes(NDJSON)
    return next.handle().pipe(
      map((log) => {
        const write = asRecords ? record : text
        // A quiet container that is followed says nothing for long: its client must know at once that it is being served.
        const body = new LogBody(
          log,
          (lines) => Buffer.concat(lines.flatMap((line) => write(log, line))),
          () => raw.flushHeaders(),
        )
        raw.once('close', () => log.abort())
        return new StreamableFile(body, { type: asRecords ? NDJSON : PLAIN })
      }),
    )
  }
}

/** Reads lines only when the client has room for it; at its end, whichever, the engine's connection is closed. */
class LogBody extends Readable {
  private begun = false

  constructor(
    private readonly log: ContainerLog,
    private readonly write: (lines: readonly LogLine[]) => Buffer,
    private readonly begin: () => void,
  ) {
    super()
  }

  override _read(): void {
    if (!this.begun) this.begin()
    this.begun = true
    this.log.lines.next().then(
      (turn) => void this.push(turn.done ? null : this.write(turn.value)),
      (error: unknown) => this.destroy(error as Error),
    )
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.log.abort()
    void this.log.lines.return(undefined)
    done(error)
  }
}

function text({ timestamps }: ContainerLog, { time, bytes, end }: LogLine): Uint8Array[] {
  const parts = timestamps ? [Buffer.from(`${rfc3339(time)} `), bytes] : [bytes]
  if (end === 'line') parts.push(LINE_FEED)
  return parts
}

function record({ container }: ContainerLog, { stream, time, bytes, end }: LogLine): Uint8Array[] {
  const line: LogLineRecord = {
    container,
    stream,
    time: rfc3339(time),
    line: Buffer.from(bytes).toString('utf8'),
    ...(end === 'part' && { partial: true }),
  }
  return [Buffer.from(`${JSON.stringify(line)}\n`)]
}

/** For a handler that returns a log. */
export function AnswersLog() {
  return applyDecorators(
    UseInterceptors(LogAnswer),
    ApiExtraModels(LogLineRecord),
    ApiProduces('text/plain', NDJSON),
    ApiOkResponse({
      description: 'The lines as they were written; with `Accept: application/x-ndjson` a record for each',
      content: { 'text/plain': { schema: { type: 'string' } }, [NDJSON]: { schema: { $ref: getSchemaPath(LogLineRecord) } } },
    }),
  )
}
