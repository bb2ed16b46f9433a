import type { Kysely } from 'kysely'

/** What teams were allowed before: what they made under it stays, and a sweep must know by what to judge it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('former_policies')
    .addColumn('team_id', 'text', (c) => c.notNull())
    .addColumn('until', 'text', (c) => c.notNull())
    .addColumn('profile', 'text', (c) => c.notNull())
    .addColumn('profile_expires_at', 'text')
    .addColumn('port_range', 'text')
    .addColumn('granted', 'text')
    .execute()
  await db.schema.createIndex('former_policies_by_team').on('former_policies').columns(['team_id', 'until']).execute()
  await db.schema
    .createTable('former_exports')
    .addColumn('team_id', 'text', (c) => c.notNull())
    .addColumn('until', 'text', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('read_only', 'integer', (c) => c.notNull())
    .execute()
}
