import { Injectable } from '@nestjs/common'
import { AuditLog, type AuditRecord } from '../audit/audit.js'
import { AppError, type ErrorCode } from '../common/errors.js'
import { Grant } from './grant.js'
import { operation, type OperationId, type OperationRow, type Permission } from './operations.js'
import { type Holding, holdsInTeam, holdsOnHost, type Principal } from './principal.js'
import { type Pointer, Resolver } from './resolver.js'
import type { Target, TargetOf } from './targets.js'

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

  /** The second record of a mutation, after it was tried. */
  async outcome(grant: Grant<OperationId>, principal: Principal | null, result: 'ok' | 'accepted' | ErrorCode): Promise<void> {
    const request = { operation: grant.operation, principal, pointer: {}, requestId: grant.requestId, address: grant.address }
    await this.audit.appendAfter(record(request, operation(grant.operation), 'outcome', grant.target, grant.asAdmin, result))
  }

  /** The same decision without a record: for open streams when rights change, for can-i and for dry runs. */
  async decide<Op extends OperationId>(request: AccessRequest<Op>, row: OperationRow = operation(request.operation)): Promise<Grant<Op>> {
    const { principal } = request
    if (row.edge === 'never' || row.edge === 'planned') throw new AppError('OPERATION_NOT_OFFERED')
    if (row.target === 'public') return this.make(request, { kind: 'public' }, false)
    if (!principal) throw new AppError('UNAUTHENTICATED')
    const permission = row.permission as Permission
    if (row.target === 'host' || row.target === 'self' || row.target === 'user') {
      // Before the look-up: who may not read users must not learn which exist.
      const holding = holdsOnHost(principal, permission)
      if (!holding) throw new AppError('PERMISSION_DENIED', { permission })
      return this.make(request, await this.resolver.resolve(row, principal, request.pointer), holding === 'host')
    }
    const target = await this.resolver.resolve(row, principal, request.pointer)
    if (target.kind === 'scope') return this.scope(request, principal, permission, target)
    const holding = holdsOn(principal, target, permission)
    if (!holding) throw new AppError('PERMISSION_DENIED', { permission })
    return this.make(request, target, holding === 'host')
  }

  /** A list is of the teams in which the permission is held; asking for one team without it is a denial, as is a change that nobody may. */
  private scope<Op extends OperationId>(
    request: AccessRequest<Op>,
    principal: Principal,
    permission: Permission,
    target: Extract<Target, { kind: 'scope' }>,
  ): Grant<Op> {
    const teams = target.teams.filter((team) => holdsInTeam(principal, team.id, permission))
    const capped = principal.cap !== null && !principal.cap.has(permission)
    const named = request.pointer.team !== undefined
    if (teams.length === 0 && (named || capped || operation(request.operation).effect === 'write'))
      throw new AppError('PERMISSION_DENIED', { permission })
    const asAdmin = teams.some((team) => holdsInTeam(principal, team.id, permission) === 'host')
    return this.make(request, { kind: 'scope', teams }, asAdmin)
  }

  private make<Op extends OperationId>(request: AccessRequest<Op>, target: Target, asAdmin: boolean): Grant<Op> {
    const { operation: op, principal, requestId, address } = request
    // The resolver answers the row's own kind of target, which the compiler can't follow through the table.
    return Grant.of({ operation: op, principal, target: target as TargetOf<Op>, requestId, asAdmin, address })
  }
}

function holdsOn(principal: Principal, target: Target, permission: Permission): Holding {
  const team = 'team' in target ? target.team : null
  if (team === null) return holdsOnHost(principal, permission)
  // A library image is everybody's to read, through the permission in any of the caller's teams; nobody's to change here.
  if (target.kind === 'image' && target.library) return holdsInLibrary(principal, permission)
  return holdsInTeam(principal, team.id, permission)
}

function holdsInLibrary(principal: Principal, permission: Permission): Holding {
  if (permission !== 'images.read') return null
  for (const teamId of principal.memberships.keys()) if (holdsInTeam(principal, teamId, permission)) return 'member'
  return holdsOnHost(principal, permission)
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
    target: target ? nameOf(target) : said(request.pointer.ref, 256),
    as_admin: asAdmin ? 1 : 0,
    result: result.toLowerCase(),
    address: request.address,
  }
}

/** What a client said, in a record: bounded, and without what would move a reader's cursor or be refused by the database. */
function said(text: string | undefined, most: number): string | null {
  return text?.slice(0, most).replaceAll(/\p{Cc}|\p{Cs}/gu, '\u{fffd}') ?? null
}

function teamOf(target: Target): string | null {
  return 'team' in target ? (target.team?.name ?? null) : null
}

function nameOf(target: Target): string | null {
  if ('engineId' in target) return `${target.name} (${target.engineId})`
  if (target.kind === 'image') return target.reference ?? target.contentId
  if (target.kind === 'registry') return target.title.slice(0, 512)
  if ('id' in target) return target.id
  return target.kind === 'scope' ? target.teams.map((team) => team.name).join(',') : null
}
