import type { Kysely } from 'kysely'

/** What teams may use at most, and what each container takes of that. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('quotas')
    .addColumn('team_id', 'text', (c) => c.primaryKey().references('teams.id'))
    .addColumn('limits', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('container_use')
    .addColumn('uid', 'text', (c) => c.primaryKey().references('ownership.uid'))
    .addColumn('memory', 'bigint', (c) => c.notNull())
    .addColumn('nano_cpus', 'bigint', (c) => c.notNull())
    .addColumn('pids', 'bigint', (c) => c.notNull())
    .addColumn('ports', 'bigint', (c) => c.notNull())
    .addColumn('running', 'integer', (c) => c.notNull())
    .addColumn('starting_until', 'text')
    .execute()
}
