import { Injectable } from '@nestjs/common'
import { storable } from '../common/audit-chain.js'
import { AuditChain, type Attest } from './audit-chain.js'
import { Database } from './database.js'
import { Locks } from './locks.js'
import { ProcessStore } from './processes.store.js'
import type { AuditChainRow, AuditRow, AuditTable } from './schema.js'

/** A record before it has its place in the log. */
export type NewAuditRecord = Omit<AuditTable, 'seq' | 'process_id' | 'chain_seq' | 'previous' | 'hash'>

/** What may narrow the reading of the audit log. */
export interface AuditFilter {
  readonly operation?: string | undefined
  readonly principal?: string | undefined
  readonly team?: string | undefined
  readonly targetKind?: string | undefined
  readonly requestId?: string | undefined
  readonly phase?: AuditTable['phase'] | undefined
  readonly result?: string | undefined
  readonly asAdmin?: boolean | undefined
  /** From this time on. */
  readonly since?: string | undefined
  /** Before this time. */
  readonly until?: string | undefined
}

interface Waiting {
  readonly record: NewAuditRecord
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** Records of one transaction at most. */
const MAX_BATCH = 200

/** The append-only log. There is no update here, and nothing is removed but from the beginning of a chain, by retention. */
@Injectable()
export class AuditStore {
  private readonly own: AuditChain
  private readonly locks: Locks
  private readonly waiting: Waiting[] = []
  private writing = false

  constructor(
    private readonly db: Database,
    process: ProcessStore,
  ) {
    this.own = new AuditChain(db, process.id)
    this.locks = new Locks(db)
  }

  /** Durable when it resolves. Those that wait while another is written go together, under one commit. */
  append(record: NewAuditRecord): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ record: withStorableText(record), done, failed })
      if (!this.writing) void this.write()
    })
  }

  /** Newest first. */
  read({ before, limit, ...filter }: AuditFilter & { before?: number | undefined; limit: number }): Promise<AuditRow[]> {
    let rows = this.filtered(filter).orderBy('seq', 'desc').limit(limit)
    if (before !== undefined) rows = rows.where('seq', '<', before)
    return rows.execute()
  }

  /** Oldest first, for an export. */
  readOn({ after, limit, ...filter }: AuditFilter & { after: number; limit: number }): Promise<AuditRow[]> {
    return this.filtered(filter).where('seq', '>', after).orderBy('seq').limit(limit).execute()
  }

  /** Intents without an outcome of processes that are not alive: what a crash cut off. */
  unfinished(aliveProcesses: readonly string[]): Promise<AuditRow[]> {
    return this.db
      .selectFrom('audit as intent')
      .selectAll('intent')
      .where('intent.phase', '=', 'intent')
      .where('intent.process_id', 'not in', aliveProcesses)
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

  /** Removes records from before `before`, each time some, and records it. Answers how many; 0 means that none are left. */
  trim(before: string, attest: Attest): Promise<number> {
    return this.undisturbed(() => this.own.trim(before, attest))
  }

  /** Runs the work while no process removes anything. */
  undisturbed<T>(work: () => Promise<T>): Promise<T> {
    return this.locks.hold('audit retention', work)
  }

  /** The anchors of all chains, oldest first. */
  chains(): Promise<AuditChainRow[]> {
    return this.db.selectFrom('audit_chains').selectAll().orderBy('created_at').orderBy('writer').execute()
  }

  /** Records of one chain after a place in it, in its order. */
  ofChain(writer: string, range: { after: number; last: number; limit: number }): Promise<AuditRow[]> {
    const rows = this.db.selectFrom('audit').selectAll().where('process_id', '=', writer)
    return rows.where('chain_seq', '>', range.after).where('chain_seq', '<=', range.last).orderBy('chain_seq').limit(range.limit).execute()
  }

  /** A record that no anchor stands for. */
  async stray(): Promise<AuditRow | null> {
    const row = await this.db
      .selectFrom('audit')
      .leftJoin('audit_chains', 'audit_chains.writer', 'audit.process_id')
      .selectAll('audit')
      .where((eb) =>
        eb.or([
          eb('audit_chains.writer', 'is', null),
          eb('audit.chain_seq', 'is', null),
          eb('audit.chain_seq', '<', eb.ref('audit_chains.first_seq')),
          eb('audit.chain_seq', '>', eb.ref('audit_chains.last_seq')),
        ]),
      )
      .orderBy('audit.seq')
      .limit(1)
      .executeTakeFirst()
    return row ?? null
  }

  private filtered(filter: AuditFilter) {
    let rows = this.db.selectFrom('audit').selectAll()
    if (filter.operation !== undefined) rows = rows.where('operation', '=', filter.operation)
    if (filter.principal !== undefined) rows = rows.where('principal_name', '=', filter.principal)
    if (filter.team !== undefined) rows = rows.where('team', '=', filter.team)
    if (filter.targetKind !== undefined) rows = rows.where('target_kind', '=', filter.targetKind)
    if (filter.requestId !== undefined) rows = rows.where('request_id', '=', filter.requestId)
    if (filter.phase !== undefined) rows = rows.where('phase', '=', filter.phase)
    if (filter.result !== undefined) rows = rows.where('result', '=', filter.result)
    if (filter.asAdmin !== undefined) rows = rows.where('as_admin', '=', filter.asAdmin ? 1 : 0)
    if (filter.since !== undefined) rows = rows.where('at', '>=', filter.since)
    if (filter.until !== undefined) rows = rows.where('at', '<', filter.until)
    return rows
  }

  private async write(): Promise<void> {
    this.writing = true
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MAX_BATCH)
      const failure = await this.attempt(batch)
      if (failure === null) continue
      // One record that the database does not take must not stop the mutations of everybody whose record came with it.
      if (batch.length > 1) for (const each of batch) await this.single(each)
      else batch[0]!.failed(failure.error)
    }
    this.writing = false
  }

  private async single(waiting: Waiting): Promise<void> {
    const failure = await this.attempt([waiting])
    if (failure) waiting.failed(failure.error)
  }

  private async attempt(batch: readonly Waiting[]): Promise<{ error: unknown } | null> {
    try {
      await this.own.append(batch.map(({ record }) => record))
    } catch (error) {
      return { error }
    }
    for (const { done } of batch) done()
    return null
  }
}

function withStorableText(record: NewAuditRecord): NewAuditRecord {
  const entries = Object.entries(record).map(([key, value]) => [key, typeof value === 'string' ? storable(value) : value])
  return Object.fromEntries(entries) as NewAuditRecord
}
