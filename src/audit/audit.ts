import { Injectable, Logger } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { nowIso } from '../common/clock.js'
import { AuditStore, type NewAuditRecord } from '../store/audit.store.js'
import type { AuditRow } from '../store/schema.js'

/** One line of the audit log, before it has its time and its place in the chain. */
export type AuditRecord = Omit<NewAuditRecord, 'at'>

/**
 * The append-only log: an `intent` that is durable before the engine is asked and an `outcome` after it for each mutation,
 * one record for a denial or an opened stream. No secret is ever in a record: it has only names, ids and codes. The records of
 * each process are a hash chain (common/audit-chain.ts).
 */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('audit')

  constructor(private readonly store: AuditStore) {}

  /** @throws AppError AUDIT_UNAVAILABLE: what can't be recorded must not happen. */
  async append(record: AuditRecord): Promise<void> {
    try {
      await this.store.append({ ...record, at: nowIso() })
    } catch (error) {
      this.logger.error(error, 'the audit log can not be written')
      throw new AppError('AUDIT_UNAVAILABLE', {}, { cause: error })
    }
  }

  /** For what has happened already: a failure is logged, and the next start writes the missing outcome as `unknown`. */
  async appendAfter(record: AuditRecord): Promise<void> {
    await this.append(record).catch(() => undefined)
  }

  /** Intents that a crash left without an outcome get `unknown`; those of the processes that are alive are still at work. */
  async closeUnfinished(aliveProcesses: readonly string[]): Promise<number> {
    const open = await this.store.unfinished(aliveProcesses)
    await Promise.all(open.map((intent) => this.append(closing(intent))))
    return open.length
  }
}

/** The outcome of an intent whose process is no more. */
function closing(intent: AuditRow): AuditRecord {
  const { seq: _seq, at: _at, process_id: _process, chain_seq: _place, previous: _previous, hash: _hash, ...record } = intent
  return { ...record, phase: 'outcome', result: 'unknown' }
}
