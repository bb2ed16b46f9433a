import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, StreamableFile } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { from, lastValueFrom, type Observable } from 'rxjs'
import { Access, type Grant, type OperationId, type Principal } from '../access/index.js'
import { type Answer, KeptAnswers, type Keyed, type Turn } from './kept-answers.js'
import { REPLAYED } from './idempotency-key.js'
import { codeOf } from './outcome.interceptor.js'
import type { BerthRequest } from './request-context.js'
import { fingerprintOf } from './request-fingerprint.js'

type Headers = ReturnType<FastifyReply['getHeaders']>

/**
 * A write with an Idempotency-Key is done once: a repeat gets the answer of the first. The guard has decided before, about the
 * repeat as well. It stands outside of the other interceptors, so that an answer is kept as it is sent, with all of its head;
 * the audit's outcome of a request that goes no further is written here.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly kept: KeptAnswers,
    private readonly access: Access,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp()
    const request = http.getRequest<BerthRequest>()
    const { idempotencyKey: key, grant, dryRun } = request.berth
    if (key === null || grant === null || dryRun) return next.handle()
    const keyed: Keyed = {
      principal: ownerOf(grant.principal),
      key,
      fingerprint: fingerprintOf(request),
      teams: teamsOf(grant),
      requestId: request.id,
    }
    return from(this.answer({ keyed, grant, reply: http.getResponse<FastifyReply>(), next }))
  }

  private async answer({ keyed, grant, reply, next }: Call): Promise<unknown> {
    const turn = await this.begin(keyed, grant)
    if ('first' in turn) return this.first(turn, reply, next)
    await this.access.outcome(grant, grant.principal, 'replayed')
    void reply.code(turn.again.status).headers(turn.again.headers).header(REPLAYED, 'true')
    return turn.again.body ?? undefined
  }

  private async begin(keyed: Keyed, grant: Grant<OperationId>): Promise<Turn> {
    try {
      return await this.kept.begin(keyed)
    } catch (error) {
      await this.access.outcome(grant, grant.principal, codeOf(error))
      throw error
    }
  }

  private async first({ first: claim }: Extract<Turn, { first: unknown }>, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const before = reply.getHeaders()
    let body: unknown
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined })
    } catch (error) {
      await this.kept.release(claim)
      throw error
    }
    const status = reply.statusCode
    if (status < 200 || status > 299) await this.kept.release(claim)
    else await this.kept.keep(claim, body instanceof StreamableFile ? { status } : answerOf(status, headersSince(before, reply), body))
    return body
  }
}

interface Call {
  readonly keyed: Keyed
  readonly grant: Grant<OperationId>
  readonly reply: FastifyReply
  readonly next: CallHandler
}

function answerOf(status: number, headers: Answer['headers'], body: unknown): Answer {
  return { status, headers, body: body ?? null }
}

/** What the operation itself says in its head; ids, rates and policies are of each request. */
function headersSince(before: Headers, reply: FastifyReply): Answer['headers'] {
  const set = Object.entries(reply.getHeaders()).filter(([name, value]) => value !== undefined && before[name as keyof Headers] !== value)
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]))
}

/** Logins of a user are one; a token may do less than its owner, so it gets no answer of theirs. */
function ownerOf({ userId, credential }: Principal): string {
  return credential.kind === 'token' ? `token:${credential.id}` : `user:${userId}`
}

function teamsOf({ target }: Grant<OperationId>): string[] {
  if (target.kind === 'scope') return target.teams.map(({ id }) => id)
  return 'team' in target && target.team ? [target.team.id] : []
}
