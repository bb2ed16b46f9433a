import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { type Observable, tap } from 'rxjs'
import { operation, REVISION_HEADER, Revisions } from '../access/index.js'
import type { BerthRequest } from './request-context.js'

/** The answer of a write says what a read must have reached to see it. */
@Injectable()
export class RevisionInterceptor implements NestInterceptor {
  constructor(private readonly revisions: Revisions) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp()
    const { grant, dryRun } = http.getRequest<BerthRequest>().berth
    if (!grant || dryRun || operation(grant.operation).effect !== 'write') return next.handle()
    return next.handle().pipe(tap(() => void http.getResponse<FastifyReply>().header(REVISION_HEADER, this.revisions.of(grant))))
  }
}
