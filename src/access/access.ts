import { Injectable } from '@nestjs/common'
import { AuditLog, type AuditRecord } from '../audit/audit.js'
import { AppError, type ErrorCode } from '../common/errors.js'
import { Grant } from './grant.js'
import { operation, type OperationId, type OperationRow, type Permission } from './operations.js'
import { type Judgement, judgeOnHost, type Principal } from './principal.js'
import { type Pointer, Resolver } from './resolver.js'
import type { Target, TargetOf } from './targets.js'
import { allowed, denied, type Explanation, judgeOn, judgeScope, lacking, pinned, teamOf, type Verdict } from './verdict.js'

/** One question to the access layer, the same from REST, sockets and the docker CLI. */
export interface AccessRequest<Op extends OperationId> {
  readonly operation: Op
  /** Null: not authenticated. */
  readonly principal: Principal | null
  readonly pointer: Pointer
  readonly requestId: string
  /** The client's address, for the audit log. */
  readonly address: string
  /** A stream is opened, which leaves a record also where one answer of the operation leaves none. */
  readonly stream?: true
}

export type Result = 'ok' | 'accepted' | 'replayed' | ErrorCode

/** The one decision on every edge: resolve, authorize, record, and only then a Grant. */
@Injectable()
export class Access {
  constructor(
    private readonly resolver: Resolver,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Decides, and leaves one audit record of a mutation's intent, a denial or an opened stream.
   * @throws AppError UNAUTHENTICATED, NOT_FOUND (missing and foreign alike), PERMISSION_DENIED, AUDIT_UNAVAILABLE and the resolver's.
   */
  async grant<Op extends OperationId>(request: AccessRequest<Op>): Promise<Grant<Op>> {
    const row = operation(request.operation)
    let grant: Grant<Op>
    try {
      grant = await this.decide(request, row)
    } catch (error) {
      if (request.principal && error instanceof AppError) await this.audit.append(record(request, row, 'denied', null, false, error.code))
      throw error
    }
    if (row.effect === 'write') await this.audit.append(record(request, row, 'intent', grant.target, grant.asAdmin, 'ok'))
    if (row.effect === 'open' || (request.stream && row.effect === 'read'))
      await this.audit.append(record(request, row, 'opened', grant.target, grant.asAdmin, 'ok'))
    return grant
  }

  /**
   * The second record of a mutation, after it was tried; `replayed`: it had been done before, and was not done again.
   * `made`: the id of what was created, by which later records name it.
   */
  async outcome(grant: Grant<OperationId>, principal: Principal | null, result: Result, made?: string): Promise<void> {
    const detail = grant.detail !== undefined && made !== undefined ? `${grant.detail} (${made})` : grant.detail
    const request = { operation: grant.operation, principal, pointer: { detail }, requestId: grant.requestId, address: grant.address }
    await this.audit.appendAfter(record(request, operation(grant.operation), 'outcome', grant.target, grant.asAdmin, result))
  }

  /** The same decision without a record: for open streams when rights change, and for dry runs. */
  async decide<Op extends OperationId>(request: AccessRequest<Op>, row: OperationRow = operation(request.operation)): Promise<Grant<Op>> {
    const verdict = await this.judge(request, row)
    if ('error' in verdict) throw verdict.error
    const { operation: op, principal, requestId, address } = request
    const { detail } = request.pointer
    // The resolver answers the row's own kind of target, which the compiler can't follow through the table.
    return Grant.of({
      operation: op,
      principal,
      target: verdict.target as TargetOf<Op>,
      requestId,
      asAdmin: verdict.asAdmin,
      address,
      detail,
    })
  }

  /** The same decision as an answer, with the rule that it came from: for can-i and who-can. */
  async explain(request: AccessRequest<OperationId>): Promise<Explanation> {
    const verdict = await this.judge(request, operation(request.operation))
    return 'error' in verdict ? { because: verdict.because, error: verdict.error } : { because: verdict.because, error: null }
  }

  /**
   * What a reference means to its sender, so that others can be judged on the very same object.
   * @throws AppError NOT_FOUND and the resolver's others
   */
  async pin({ operation: id, principal, pointer }: AccessRequest<OperationId> & { readonly principal: Principal }): Promise<Pointer> {
    return pinned(await this.resolver.resolve(operation(id), principal, pointer), pointer)
  }

  private async judge(request: AccessRequest<OperationId>, row: OperationRow): Promise<Verdict> {
    const { principal } = request
    if (row.edge === 'never' || row.edge === 'planned') return denied(new AppError('OPERATION_NOT_OFFERED'), { rule: 'notOffered' })
    if (row.target === 'public') return { target: { kind: 'public' }, asAdmin: false, because: { rule: 'public' } }
    if (!principal) return denied(new AppError('UNAUTHENTICATED'), { rule: 'notLoggedIn' })
    const permission = row.permission as Permission
    if (row.target === 'host' || row.target === 'self' || row.target === 'user') {
      // Before the look-up: who may not read users must not learn which exist.
      const judgement = judgeOnHost(principal, permission)
      if (!judgement.holding) return lacking(permission, judgement)
      return this.onTarget(request, row, principal, () => judgement)
    }
    return this.onTarget(request, row, principal, (target) => judgeOn(principal, target, permission))
  }

  private async onTarget(
    { pointer }: AccessRequest<OperationId>,
    row: OperationRow,
    principal: Principal,
    judge: (target: Target) => Judgement,
  ): Promise<Verdict> {
    const permission = row.permission as Permission
    let target: Target
    try {
      target = await this.resolver.resolve(row, principal, pointer)
    } catch (error) {
      if (error instanceof AppError) return denied(error, { rule: 'target' })
      throw error
    }
    if (target.kind === 'scope') return judgeScope(principal, row, target, pointer)
    const judgement = judge(target)
    return judgement.holding ? allowed(target, judgement) : lacking(permission, judgement)
  }
}

function record<Op extends OperationId>(
  request: AccessRequest<Op>,
  row: OperationRow,
  phase: AuditRecord['phase'],
  target: Target | null,
  asAdmin: boolean,
  result: string,
): AuditRecord {
  const { principal } = request
  return {
    phase,
    request_id: request.requestId,
    operation: request.operation,
    principal_id: principal?.userId ?? null,
    principal_name: principal?.username ?? 'anonymous',
    credential: principal ? `${principal.credential.kind}:${principal.credential.id}` : 'none',
    team: target ? teamOf(target) : said(request.pointer.team, 64),
    target_kind: row.target,
    target: withDetail(target ? nameOf(target) : said(request.pointer.ref, 256), said(request.pointer.detail, 256)),
    as_admin: asAdmin ? 1 : 0,
    result: result.toLowerCase(),
    address: request.address,
  }
}

/** What a client said, in a record: bounded, and without what would move a reader's cursor or be refused by the database. */
function said(text: string | undefined, most: number): string | null {
  return text?.slice(0, most).replaceAll(/\p{Cc}|\p{Cs}/gu, '\u{fffd}') ?? null
}

/** `eve: maintainer`, `ops`, `ci (id): a token`. What is denied has the reference in both. */
function withDetail(name: string | null, detail: string | null): string | null {
  return name === null || detail === null || name === detail ? (name ?? detail) : `${name}: ${detail}`
}

function nameOf(target: Target): string | null {
  if ('engineId' in target) return `${target.name} (${target.engineId})`
  if (target.kind === 'image') return target.reference ?? target.contentId
  if (target.kind === 'registry') return target.title.slice(0, 512)
  if (target.kind === 'user' || target.kind === 'serviceAccount') return `${target.name} (${target.id})`
  if ('id' in target) return target.id
  return target.kind === 'scope' ? target.teams.map((team) => team.name).join(',') : null
}
