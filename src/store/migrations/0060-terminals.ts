import type { Kysely } from 'kysely'

/** Terminal sessions that live, and those that were recorded; teams whose terminals are recorded. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('terminal_sessions')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('container_id', 'text', (c) => c.notNull())
    .addColumn('container', 'text', (c) => c.notNull())
    .addColumn('team_id', 'text')
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('process_id', 'text', (c) => c.notNull())
    .addColumn('gateway', 'text', (c) => c.notNull())
    .addColumn('tty', 'integer', (c) => c.notNull())
    .addColumn('exec', 'text')
    .addColumn('marker', 'text')
    .addColumn('run_as', 'text')
    .addColumn('recorded', 'integer', (c) => c.notNull())
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('end_reason', 'text')
    .addColumn('exit_code', 'integer')
    .execute()
  await db.schema.createIndex('terminal_sessions_by_team').on('terminal_sessions').columns(['team_id', 'started_at']).execute()
  await db.schema
    .createTable('terminal_policies')
    .addColumn('team_id', 'text', (c) => c.primaryKey())
    .addColumn('record', 'integer', (c) => c.notNull())
    .execute()
}
