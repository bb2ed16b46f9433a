import { applyDecorators, type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, UseInterceptors } from '@nestjs/common'
import { ApiOkResponse, type ApiResponseOptions } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { map, type Observable } from 'rxjs'

/** Turns fields into the head of an answer without a body. */
@Injectable()
export class HeadAnswer implements NestInterceptor<Readonly<Record<string, string>>, void> {
  intercept(context: ExecutionContext, next: CallHandler<Readonly<Record<string, string>>>): Observable<void> {
    const reply = context.switchToHttp().getResponse<FastifyReply>()
    return next.handle().pipe(map((fields) => void reply.headers(fields)))
  }
}

/** For a HEAD handler that returns the fields of its answer. An error's code is in `Berth-Error`, since it has no body either. */
export function AnswersHead(headers: NonNullable<ApiResponseOptions['headers']>) {
  return applyDecorators(UseInterceptors(HeadAnswer), ApiOkResponse({ description: 'All of it is in the head', headers }))
}
