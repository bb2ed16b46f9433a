import { sql, type Transaction } from 'kysely'
import { basesDigest, genesisHash, type Head, recordHash } from '../common/audit-chain.js'
import { nowIso } from '../common/clock.js'
import type { NewAuditRecord } from './audit.store.js'
import type { Database } from './database.js'
import { isEmbedded } from './locks.js'
import type { AuditChainRow, AuditRow, Schema } from './schema.js'

/** A server that does not answer must not keep a mutation waiting: what can't be recorded does not happen. */
const PATIENCE_MS = 5_000

/** Records that retention removes in one transaction: more would keep the embedded database from everybody else for too long. */
const TRIM_AT_ONCE = 10_000

/** Makes the record of a retention that left the chains beginning there. */
export type Attest = (digest: string) => NewAuditRecord

/** This process's chain of records, one writer at a time. */
export class AuditChain {
  /** Null: not known, since the chain is not open yet or the last write may or may not have come through. */
  private tip: { seq: number; hash: string } | null = null
  private turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly db: Database,
    private readonly writer: string,
  ) {}

  /** Appends the records in order, all or none. */
  append(records: readonly NewAuditRecord[]): Promise<void> {
    return this.alone((tx) => this.chain(tx, records))
  }

  /** Removes the oldest records of each chain from before `before`, some at a time. Answers how many; 0 means that none are left. */
  trim(before: string, attest: Attest): Promise<number> {
    return this.alone(async (tx) => {
      let removed = 0
      for (const chain of await tx.selectFrom('audit_chains').selectAll().execute()) removed += await shorten(tx, chain, before)
      if (removed > 0) await this.chain(tx, [attest(basesDigest(basesOf(await tx.selectFrom('audit_chains').selectAll().execute())))])
      return removed
    })
  }

  /** One transaction after the other: each begins where the one before has ended. */
  private alone<T>(work: (tx: Transaction<Schema>) => Promise<T>): Promise<T> {
    const mine = this.turn.then(async () => {
      try {
        return await this.db.transaction().execute(async (tx) => {
          if (!isEmbedded(this.db)) await sql`select set_config('statement_timeout', ${String(PATIENCE_MS)}, true)`.execute(tx)
          return work(tx)
        })
      } catch (error) {
        this.tip = null
        throw error
      }
    })
    this.turn = mine.catch(() => undefined)
    return mine
  }

  private async chain(tx: Transaction<Schema>, records: readonly NewAuditRecord[]): Promise<void> {
    const tip = this.tip ?? (await this.open(tx))
    let { seq, hash } = tip
    const rows = records.map((record): Omit<AuditRow, 'seq'> => {
      const previous = hash
      const content = { ...record, process_id: this.writer, chain_seq: ++seq }
      hash = recordHash(previous, content)
      return { ...content, previous, hash }
    })
    await tx.insertInto('audit').values(rows).execute()
    const anchored = await tx
      .updateTable('audit_chains')
      .set({ last_seq: seq, head: hash })
      .where('writer', '=', this.writer)
      .where('head', '=', tip.hash)
      .executeTakeFirst()
    if (anchored.numUpdatedRows !== 1n) throw new Error('the audit chain does not end where this process left it')
    this.tip = { seq, hash }
  }

  private async open(tx: Transaction<Schema>): Promise<{ seq: number; hash: string }> {
    const chains = await tx.selectFrom('audit_chains').selectAll().execute()
    const mine = chains.find(({ writer }) => writer === this.writer)
    if (mine) return { seq: mine.last_seq, hash: mine.head }
    const created_at = nowIso()
    const parents = tipsOf(chains)
    const base = genesisHash(this.writer, created_at, parents)
    const row = { writer: this.writer, created_at, parents: JSON.stringify(parents), first_seq: 1, base, last_seq: 0, head: base }
    await tx.insertInto('audit_chains').values(row).execute()
    return { seq: 0, hash: base }
  }
}

/** Where the chains begin that retention has shortened. */
export function basesOf(chains: readonly AuditChainRow[]): Head[] {
  return chains.filter(({ first_seq }) => first_seq > 1).map(({ writer, first_seq, base }) => ({ writer, seq: first_seq - 1, hash: base }))
}

export function parentsOf({ parents }: AuditChainRow): Head[] {
  return JSON.parse(parents) as Head[]
}

/** Ends that no other chain was opened after: naming these names all. */
function tipsOf(chains: readonly AuditChainRow[]): Head[] {
  const named = new Set(chains.flatMap(parentsOf).map(({ hash }) => hash))
  const heads = chains.map(({ writer, last_seq: seq, head: hash }) => ({ writer, seq, hash }))
  return heads.filter(({ hash }) => !named.has(hash)).toSorted((a, b) => (a.writer < b.writer ? -1 : 1))
}

/** Up to the first record that stays, whatever clocks said later: a chain has no holes. */
async function shorten(tx: Transaction<Schema>, chain: AuditChainRow, before: string): Promise<number> {
  const records = tx.selectFrom('audit').where('process_id', '=', chain.writer)
  const stays = await records.select('chain_seq').where('at', '>=', before).orderBy('chain_seq').limit(1).executeTakeFirst()
  const last = Math.min((stays?.chain_seq ?? chain.last_seq + 1) - 1, chain.first_seq - 1 + TRIM_AT_ONCE)
  if (last < chain.first_seq) return 0
  const { hash } = await records.select('hash').where('chain_seq', '=', last).executeTakeFirstOrThrow()
  await tx.deleteFrom('audit').where('process_id', '=', chain.writer).where('chain_seq', '<=', last).execute()
  await tx
    .updateTable('audit_chains')
    .set({ first_seq: last + 1, base: hash })
    .where('writer', '=', chain.writer)
    .execute()
  return last + 1 - chain.first_seq
}
