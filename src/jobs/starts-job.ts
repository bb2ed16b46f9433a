import { applyDecorators, type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, UseInterceptors } from '@nestjs/common'
import { ApiHeader, ApiResponse } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { concatMap, concat, defer, EMPTY, from, type Observable, of } from 'rxjs'
import { Job } from './dto/job.response.js'
import { Jobs } from './jobs.service.js'

const MAX_WAIT_SECONDS = 60

/** Seconds of `Prefer: wait=N` (RFC 7240), at most 60; 0 without it. */
export function waitOf(prefer: string | readonly string[] | undefined): number {
  const text = typeof prefer === 'string' ? prefer : (prefer?.join(',') ?? '')
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(text)?.[1]
  return Math.min(Number(seconds ?? 0), MAX_WAIT_SECONDS)
}

/** Turns the started job into 202 with its Location, or into 200 with the ended one where the client prefers to wait. */
@Injectable()
export class JobAnswer implements NestInterceptor<Job, Job> {
  constructor(private readonly jobs: Jobs) {}

  intercept(context: ExecutionContext, next: CallHandler<Job>): Observable<Job> {
    const http = context.switchToHttp()
    const reply = http.getResponse<FastifyReply>()
    const wait = waitOf(http.getRequest<FastifyRequest>().headers['prefer'])
    return next.handle().pipe(concatMap((job) => from(this.answer(job, wait, reply)).pipe(concatMap((last) => this.emit(last, reply)))))
  }

  private async answer(job: Job, wait: number, reply: FastifyReply): Promise<Job> {
    void reply.code(202).header('location', `/api/v1/jobs/${job.id}`)
    if (wait === 0) return job
    void reply.header('preference-applied', `wait=${wait}`)
    return this.jobs.ended(job.id, wait)
  }

  /**
   * 200 only after the value has passed the outcome interceptor outside of this one: to it 202 means that the job writes the
   * audit record, and that stays so for a job that was waited for.
   */
  private emit(job: Job, reply: FastifyReply): Observable<Job> {
    const settle = defer(() => {
      if (job.state !== 'running') void reply.code(200)
      return EMPTY
    })
    return concat(of(job), settle)
  }
}

/**
 * For a handler that returns the job which it started: status, headers, `Prefer: wait=N` and their documentation. The
 * handler says `@HttpCode(202)` itself, since the swagger plugin reads only what stands on it.
 */
export function StartsJob() {
  return applyDecorators(
    UseInterceptors(JobAnswer),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description: '`wait=N`: answer when the job has ended, or after N seconds (60 at most)',
      schema: { type: 'string' },
    }),
    ApiResponse({ status: 202, description: 'The job runs; Location names it', type: Job }),
    ApiResponse({ status: 200, description: 'The job has ended within the time that Prefer asked for', type: Job }),
  )
}
