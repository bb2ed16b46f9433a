import type { Kysely } from 'kysely'

/** Host ports of containers: which is whose, before the engine is asked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('host_ports')
    .addColumn('ip', 'text', (c) => c.notNull())
    .addColumn('port', 'integer', (c) => c.notNull())
    .addColumn('protocol', 'text', (c) => c.notNull())
    .addColumn('uid', 'text', (c) => c.notNull().references('ownership.uid'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('host_ports_pk', ['ip', 'port', 'protocol'])
    .execute()
  await db.schema.createIndex('host_ports_uid').on('host_ports').column('uid').execute()
}
