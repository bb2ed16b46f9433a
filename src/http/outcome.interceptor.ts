import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { catchError, concatMap, from, map, type Observable, throwError } from 'rxjs'
import { Access, type Grant, operation, type OperationId } from '../access/index.js'
import { AppError, type ErrorCode } from '../common/errors.js'
import type { BerthRequest } from './request-context.js'

/** Writes the second audit record of a mutation, before its answer goes out. */
@Injectable()
export class OutcomeInterceptor implements NestInterceptor {
  constructor(private readonly access: Access) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp()
    const { grant, principal, dryRun } = http.getRequest<BerthRequest>().berth
    if (!grant || dryRun || operation(grant.operation).effect !== 'write') return next.handle()
    return next.handle().pipe(
      concatMap((value: unknown) => {
        // 202: the work goes on as a job, which writes the outcome at its end.
        if (http.getResponse<FastifyReply>().statusCode === 202) return [value]
        return from(this.access.outcome(grant, principal, 'ok', madeBy(grant, value))).pipe(map(() => value))
      }),
      catchError((error: unknown) => {
        return from(this.access.outcome(grant, principal, codeOf(error))).pipe(concatMap(() => throwError(() => error)))
      }),
    )
  }
}

/** The id of what a creation answers with. */
function madeBy({ operation: id }: Grant<OperationId>, value: unknown): string | undefined {
  if (!id.endsWith('Create') || typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeof value.id === 'string' ? value.id : undefined
}

/** What the audit log says of a failure. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof AppError ? error.code : 'INTERNAL'
}
