import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common'
import { ApiOkResponse } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { map, type Observable } from 'rxjs'
import type { Later } from '../common/later.js'
import { ByteBody } from './byte-body.js'
import { endingOf } from './ending.js'

/** Sends the head at once and the JSON when it is there; what fails in between cuts the answer. */
@Injectable()
export class LaterAnswer implements NestInterceptor<Later<unknown>, StreamableFile> {
  intercept(context: ExecutionContext, next: CallHandler<Later<unknown>>): Observable<StreamableFile> {
    const { raw } = context.switchToHttp().getResponse<FastifyReply>()
    const ending = endingOf(context)
    return next
      .handle()
      .pipe(
        map(
          ({ value }) =>
            new StreamableFile(new ByteBody(asJson(value), { begin: () => raw.flushHeaders(), ending }), { type: 'application/json' }),
        ),
      )
  }
}

/** For a handler that waits for something: its client must know at once that it is being served, or `docker run` would hang. */
export function AnswersLater(type: abstract new () => object) {
  return applyDecorators(
    UseInterceptors(LaterAnswer),
    ApiOkResponse({ type, description: 'The head comes at once, the body when it is so' }),
  )
}

async function* asJson(value: Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(await value))
}
