import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { decodeCursor, DEFAULT_LIMIT, encodeCursor } from '../common/paging.js'
import { type AuditFilter, AuditStore } from '../store/audit.store.js'
import type { AuditFormat } from './audit-answer.js'
import { type AuditItem, type AuditListQuery, type AuditPage, type AuditVerification, itemOf } from './dto/audit.dto.js'
import { type Verdict, verifyStored } from './verify.js'

const EXPORT_BATCH = 500

/** Reading the audit log. */
@Injectable()
export class AuditService {
  /** One at a time: it reads everything, and two at once would find the same. */
  private verifying: Promise<Verdict> | null = null

  constructor(private readonly store: AuditStore) {}

  /** A page, newest first; or all of it, oldest first. @throws AppError INVALID_REQUEST for a cursor that is none */
  async list(_grant: Grant<'AuditList'>, query: AuditListQuery, format: AuditFormat): Promise<AuditPage | AsyncIterable<AuditItem>> {
    if (format === 'ndjson') return this.export(query)
    const limit = query.limit ?? DEFAULT_LIMIT
    const before = query.cursor === undefined ? undefined : sequence(query.cursor)
    const rows = await this.store.read({ ...filterOf(query), before, limit: limit + 1 })
    const page = rows.slice(0, limit)
    return { items: page.map(itemOf), nextCursor: rows.length > limit ? encodeCursor(String(page.at(-1)!.seq)) : null }
  }

  /** Holds the whole log to its hash chains. */
  async verify(_grant: Grant<'AuditVerify'>): Promise<AuditVerification> {
    this.verifying ??= verifyStored(this.store).finally(() => (this.verifying = null))
    return toVerification(await this.verifying)
  }

  private export(query: AuditListQuery): AsyncIterable<AuditItem> {
    if (query.cursor !== undefined) throw badCursor('is for pages; an export has all records')
    return all(this.store, filterOf(query), query.limit)
  }
}

/** As a reader of the verdict gets it, over the API and from the command. */
export function toVerification({ intact, records, chains, faults }: Verdict): AuditVerification {
  return {
    intact,
    records,
    chains: chains.map(({ writer, firstSeq, lastSeq, head }) => ({ writer, firstPlace: firstSeq, lastPlace: lastSeq, head })),
    faults: faults.map(({ writer, place, reason, record }) => ({ writer, place, reason, record: record ? itemOf(record) : null })),
  }
}

/** Some at a time, so that an export costs no memory; what is written meanwhile is in it. */
async function* all(store: AuditStore, filter: AuditFilter, limit = Number.POSITIVE_INFINITY): AsyncGenerator<AuditItem> {
  for (let [after, left] = [0, limit]; left > 0;) {
    const rows = await store.readOn({ ...filter, after, limit: Math.min(EXPORT_BATCH, left) })
    for (const row of rows) yield itemOf(row)
    if (rows.length < EXPORT_BATCH) return
    after = rows.at(-1)!.seq
    left -= rows.length
  }
}

function filterOf({
  operation,
  principal,
  teamName: team,
  targetKind,
  requestId,
  phase,
  result,
  asAdmin,
  since,
  until,
}: AuditListQuery): AuditFilter {
  // as the records have it, so that text order is time order
  const time = (given: string | undefined) => (given === undefined ? undefined : new Date(given).toISOString())
  return { operation, principal, team, targetKind, requestId, phase, result, asAdmin, since: time(since), until: time(until) }
}

function sequence(cursor: string): number {
  const seq = Number(decodeCursor(cursor))
  if (!Number.isSafeInteger(seq)) throw badCursor('take nextCursor of the page before')
  return seq
}

function badCursor(detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: 'the cursor is not valid', errors: [{ pointer: '/query/cursor', detail }] })
}
