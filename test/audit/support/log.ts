/** A log with several chains, on either database, and ways to falsify it past all our code. */
import { randomUUID } from 'node:crypto'
import { AuditStore, type NewAuditRecord } from '../../../src/store/audit.store.js'
import { ProcessStore } from '../../../src/store/processes.store.js'
import type { Database } from '../../../src/store/database.js'

export function aRecord(change: Partial<NewAuditRecord> = {}): NewAuditRecord {
  return {
    at: new Date().toISOString(),
    phase: 'intent',
    request_id: randomUUID(),
    operation: 'ContainerCreate',
    principal_id: 'u1',
    principal_name: 'ann',
    credential: 'session:s1',
    team: 'alpha',
    target_kind: 'team',
    target: null,
    as_admin: 0,
    result: 'ok',
    address: '192.0.2.1',
    ...change,
  }
}

/** The store of one more gateway process. */
export function aWriter(db: Database): { store: AuditStore; id: string } {
  const process = new ProcessStore(db)
  return { store: new AuditStore(db, process), id: process.id }
}

/** Three processes, one after the other, with five records each. */
export async function threeChains(db: Database): Promise<{ store: AuditStore; ids: readonly [string, string, string] }> {
  const writers = [aWriter(db), aWriter(db), aWriter(db)] as const
  for (const [at, { store }] of writers.entries()) for (let n = 1; n <= 5; n++) await store.append(aRecord({ target: `${at}-${n}` }))
  return { store: writers[2].store, ids: [writers[0].id, writers[1].id, writers[2].id] }
}

export async function emptied(db: Database): Promise<void> {
  await db.deleteFrom('audit').execute()
  await db.deleteFrom('audit_chains').execute()
}
