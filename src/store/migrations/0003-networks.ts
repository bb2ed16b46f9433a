import type { Kysely } from 'kysely'

/** Subnets of the teams' networks, and containers whose names on the engine are being changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('subnets')
    .addColumn('subnet', 'text', (c) => c.primaryKey())
    .addColumn('uid', 'text', (c) => c.notNull().unique().references('ownership.uid'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('renames')
    .addColumn('uid', 'text', (c) => c.primaryKey().references('ownership.uid'))
    .addColumn('networks', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
}
