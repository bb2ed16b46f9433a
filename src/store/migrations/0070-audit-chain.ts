import type { Kysely } from 'kysely'
import { genesisHash, recordHash, type ChainedRecord } from '../../common/audit-chain.js'

const BATCH = 500
/** Writer of records from before there were several processes. */
const UNKNOWN = 'unknown'

interface Tables {
  audit: ChainedRecord
  audit_chains: {
    writer: string
    created_at: string
    parents: string
    first_seq: number
    base: string
    last_seq: number
    head: string
  }
}

/** The audit log becomes one hash chain for each process, with an anchor row; what is there already is chained as it is. */
export async function up(database: Kysely<unknown>): Promise<void> {
  const db = database as Kysely<Tables>
  for (const [name, type] of [
    ['chain_seq', 'bigint'],
    ['previous', 'text'],
    ['hash', 'text'],
  ] as const)
    await db.schema.alterTable('audit').addColumn(name, type).execute()
  await db.schema
    .createTable('audit_chains')
    .addColumn('writer', 'text', (c) => c.primaryKey())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('parents', 'text', (c) => c.notNull())
    .addColumn('first_seq', 'bigint', (c) => c.notNull())
    .addColumn('base', 'text', (c) => c.notNull())
    .addColumn('last_seq', 'bigint', (c) => c.notNull())
    .addColumn('head', 'text', (c) => c.notNull())
    .execute()
  await db
    .updateTable('audit')
    .set({ process_id: UNKNOWN })
    .where('process_id' as 'hash', 'is', null)
    .execute()
  const writers = await db.selectFrom('audit').select('process_id').distinct().orderBy('process_id').execute()
  // SQLite's migrations run without a transaction, and there each row alone would wait for the disk.
  for (const { process_id } of writers)
    await (db.isTransaction ? chain(db, process_id) : db.transaction().execute((tx) => chain(tx, process_id)))
  await db.schema.createIndex('audit_chain').on('audit').columns(['process_id', 'chain_seq']).unique().execute()
}

async function chain(db: Kysely<Tables>, writer: string): Promise<void> {
  const first = await db.selectFrom('audit').select('at').where('process_id', '=', writer).orderBy('seq').executeTakeFirstOrThrow()
  const base = genesisHash(writer, first.at, [])
  let [seq, head, after] = [0, base, 0]
  for (;;) {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('process_id', '=', writer)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(BATCH)
      .execute()
    if (rows.length === 0) break
    for (const row of rows) {
      const previous = head
      head = recordHash(previous, { ...row, chain_seq: ++seq })
      await db.updateTable('audit').set({ chain_seq: seq, previous, hash: head }).where('seq', '=', row.seq).execute()
    }
    after = rows.at(-1)!.seq
  }
  await db
    .insertInto('audit_chains')
    .values({ writer, created_at: first.at, parents: '[]', first_seq: 1, base, last_seq: seq, head })
    .execute()
}
