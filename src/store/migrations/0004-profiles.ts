import type { Kysely } from 'kysely'

/** Profiles that end, what a team was granted beside its profile, and the host folders that teams may mount. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['profile_expires_at', 'port_range', 'granted'])
    await db.schema.alterTable('teams').addColumn(column, 'text').execute()
  await db.schema
    .createTable('host_exports')
    .addColumn('alias', 'text', (c) => c.primaryKey())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('read_only', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('host_export_teams')
    .addColumn('alias', 'text', (c) => c.notNull().references('host_exports.alias').onDelete('cascade'))
    .addColumn('team_id', 'text', (c) => c.notNull().references('teams.id'))
    .addPrimaryKeyConstraint('host_export_teams_pk', ['alias', 'team_id'])
    .execute()
}
