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
const LINE_FEED = 10
/** Of a time and its blank. */
const STAMP = 'YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ '.length

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
        const write = asRecords ? records : text
        // A quiet container that is followed says nothing for long: its client must know at once that it is being served.
        const body = new LogBody(
          log,
          (lines) => write(log, lines),
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

/** One buffer for all of them: one for each line costs more than the bytes. */
function text({ timestamps }: ContainerLog, lines: readonly LogLine[]): Buffer {
  const stamp = timestamps ? STAMP : 0
  const answer = Buffer.allocUnsafe(lines.reduce((size, { bytes }) => size + stamp + bytes.length + 1, 0))
  let at = 0
  for (const { time, bytes, end } of lines) {
    if (timestamps) at += answer.write(`${rfc3339(time)} `, at, 'latin1')
    answer.set(bytes, at)
    at += bytes.length
    if (end === 'line') answer[at++] = LINE_FEED
  }
  return answer.subarray(0, at)
}

function records(log: ContainerLog, lines: readonly LogLine[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(recordOf(log, line))}\n`).join(''))
}

function recordOf({ container }: ContainerLog, { stream, time, bytes, end }: LogLine): LogLineRecord {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return { container, stream, time: rfc3339(time), line, ...(end === 'part' && { partial: true }) }
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
