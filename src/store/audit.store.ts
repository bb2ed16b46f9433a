import { Injectable } from '@nestjs/common'
import type { Insertable } from 'kysely'
import { Database } from './database.js'
import { ProcessStore } from './processes.store.js'
import type { AuditRow, AuditTable } from './schema.js'

/** What may narrow the reading of the audit log. */
export interface AuditQuery {
  readonly before?: number | undefined
  readonly limit: number
  readonly operation?: string | undefined
  readonly principal?: string | undefined
  readonly team?: string | undefined
  readonly requestId?: string | undefined
  readonly phase?: AuditTable['phase'] | undefined
}

/** The append-only log. There is no update and no delete here. */
@Injectable()
export class AuditStore {
  constructor(
    private readonly db: Database,
    private readonly process: ProcessStore,
  ) {}

  async append(record: Omit<Insertable<AuditTable>, 'process_id'>): Promise<void> {
    await this.db
      .insertInto('audit')
      .values({ ...record, process_id: this.process.id })
      .execute()
  }

  /** Newest first. */
  read(query: AuditQuery): Promise<AuditRow[]> {
    let rows = this.db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(query.limit)
    if (query.before !== undefined) rows = rows.where('seq', '<', query.before)
    if (query.operation) rows = rows.where('operation', '=', query.operation)
    if (query.principal) rows = rows.where('principal_name', '=', query.principal)
    if (query.team) rows = rows.where('team', '=', query.team)
    if (query.requestId) rows = rows.where('request_id', '=', query.requestId)
    if (query.phase) rows = rows.where('phase', '=', query.phase)
    return rows.execute()
  }

  /** Intents without an outcome of processes that are not alive: what a crash cut off. */
  unfinished(aliveProcesses: readonly string[]): Promise<AuditRow[]> {
    return this.db
      .selectFrom('audit as intent')
      .selectAll('intent')
      .where('intent.phase', '=', 'intent')
      .where((eb) => eb.or([eb('intent.process_id', 'is', null), eb('intent.process_id', 'not in', aliveProcesses)]))
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('audit as outcome')
              .select('outcome.seq')
              .where('outcome.phase', '=', 'outcome')
              .whereRef('outcome.request_id', '=', 'intent.request_id'),
          ),
        ),
      )
      .execute()
  }
}
