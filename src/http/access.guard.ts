import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js'
import { Access, OpenRights, operation, type OperationId, REVISION_HEADER, Revisions } from '../access/index.js'
import type { FastifyReply } from 'fastify'
import { AppError } from '../common/errors.js'
import { auditDetail } from './audit-detail.js'
import { readDryRun, takesDryRun } from './dry-run.js'
import { endingSignal } from './ending.js'
import { readIdempotencyKey } from './idempotency-key.js'
import { OPERATION, takesTeam } from './operation.decorator.js'
import type { BerthRequest } from './request-context.js'

/** The REST edge's one question to the access layer, before any body is looked into. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly access: Access,
    private readonly rights: OpenRights,
    private readonly revisions: Revisions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const id = Reflect.getMetadata(OPERATION, context.getHandler()) as OperationId | undefined
    // Boot refuses such a handler; this is the second lock on the same door.
    if (!id) throw new AppError('OPERATION_NOT_OFFERED')
    const request = context.switchToHttp().getRequest<BerthRequest>()
    assertQueryIsRead(context, request, id)
    request.berth.dryRun = readDryRun(request, id)
    request.berth.idempotencyKey = readIdempotencyKey(request, id)
    // Before the decision: the object that it is about may be what was written.
    const revision = request.headers[REVISION_HEADER.toLowerCase()]
    if (typeof revision === 'string' && request.berth.principal) await this.revisions.reach(revision)
    const { principal, dryRun } = request.berth
    const pointer = { ref: reference(request), team: team(request), part: part(request), detail: auditDetail(request, id) }
    const asked = { operation: id, principal, pointer, requestId: request.id, address: request.ip }
    // What is only tried leaves no record: nothing was meant to happen.
    const grant = await (dryRun ? this.access.decide(asked) : this.access.grant(asked))
    request.berth.grant = grant
    let ending: AbortSignal | undefined
    request.berth.ending = () => (ending ??= endingSignal(context.switchToHttp().getResponse<FastifyReply>(), grant, this.rights))
    return true
  }
}

function reference(request: BerthRequest): string | undefined {
  const params = request.params as Record<string, string | undefined>
  return params['ref'] ?? params['id'] ?? params['name'] ?? params['team']
}

/** Repository and tag of a registry, made printable. */
function part(request: BerthRequest): string | undefined {
  const { id, name, reference } = request.params as Record<string, string | undefined>
  if (id === undefined || name === undefined) return undefined
  return [name, ...(reference === undefined ? [] : [reference])].join(' ').replaceAll(/[^\x20-\x7e]/g, '?')
}

/** `?team=`, else `team` of the body: the one field that the decision itself needs. */
function team(request: BerthRequest): string | undefined {
  const query = request.query as Record<string, unknown>
  const body = request.body as Record<string, unknown> | null | undefined
  const value = query['team'] ?? (typeof body === 'object' && body !== null && !Array.isArray(body) ? body['team'] : undefined)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value.length <= 64) return value
  throw new AppError('INVALID_REQUEST', {
    reason: 'the team is not valid',
    errors: [{ pointer: '/team', detail: 'must be the name or id of a team' }],
  })
}

/** A query key that no handler reads is an error, not a silence: `x?force=1` must never look as if it had worked. */
function assertQueryIsRead(context: ExecutionContext, request: BerthRequest, id: OperationId): void {
  const keys = Object.keys(request.query as object).filter((key) => !(key === 'dryRun' && takesDryRun(id)))
  if (keys.length === 0) return
  const teamAllowed = takesTeam(operation(id))
  const args = Object.keys(
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object | undefined) ?? {},
  )
  // "4:0" is a @Query() on parameter 0 (RouteParamtypes.QUERY); its DTO refuses what it does not know.
  const hasQuery = args.some((arg) => arg.startsWith('4:'))
  const unknown = keys.filter((key) => !(key === 'team' && teamAllowed) && (key === 'team' || !hasQuery))
  if (unknown.length > 0)
    throw new AppError('INVALID_REQUEST', {
      reason: 'unknown query parameters',
      errors: unknown.map((key) => ({ pointer: `/query/${key}`, detail: 'is not a parameter of this operation' })),
    })
}
