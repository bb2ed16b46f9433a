import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { decodeCursor, DEFAULT_LIMIT, encodeCursor } from '../common/paging.js'
import { AuditStore } from '../store/audit.store.js'
import type { AuditRow } from '../store/schema.js'
import type { AuditItem, AuditListQuery, AuditPage } from './dto/audit.dto.js'

/** Reading the audit log: newest first. */
@Injectable()
export class AuditService {
  constructor(private readonly store: AuditStore) {}

  /** @throws AppError INVALID_REQUEST for a cursor that is none */
  async list(_grant: Grant<'AuditList'>, query: AuditListQuery): Promise<AuditPage> {
    const limit = query.limit ?? DEFAULT_LIMIT
    const { operation, principal, requestId, phase } = query
    const before = query.cursor === undefined ? undefined : sequence(query.cursor)
    const rows = await this.store.read({ before, limit: limit + 1, operation, principal, requestId, phase })
    const page = rows.slice(0, limit)
    return { items: page.map(toItem), nextCursor: rows.length > limit ? encodeCursor(String(page.at(-1)!.seq)) : null }
  }
}

function sequence(cursor: string): number {
  const seq = Number(decodeCursor(cursor))
  if (!Number.isSafeInteger(seq))
    throw new AppError('INVALID_REQUEST', {
      reason: 'the cursor is not valid',
      errors: [{ pointer: '/query/cursor', detail: 'take nextCursor of the page before' }],
    })
  return seq
}

function toItem(row: AuditRow): AuditItem {
  return {
    seq: row.seq,
    at: row.at,
    phase: row.phase,
    requestId: row.request_id,
    operation: row.operation,
    principalId: row.principal_id,
    principal: row.principal_name,
    credential: row.credential,
    team: row.team,
    targetKind: row.target_kind,
    target: row.target,
    asAdmin: row.as_admin === 1,
    result: row.result,
    address: row.address,
  }
}
