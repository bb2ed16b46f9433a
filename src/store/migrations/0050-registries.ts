import type { Kysely } from 'kysely'

/** Registries of the teams, with their credentials. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('team_id', 'text', (c) => c.notNull().references('teams.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('username', 'text')
    .addColumn('password', 'text')
    .addColumn('token_host', 'text')
    .addColumn('ca_certificate', 'text')
    .addColumn('login', 'text', (c) => c.notNull())
    .addColumn('creator_id', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('registries_by_name').on('registries').columns(['team_id', 'name']).unique().execute()
  // one credential for one address: which one is shown is never a guess
  await db.schema.createIndex('registries_by_address').on('registries').columns(['team_id', 'address']).unique().execute()
}
