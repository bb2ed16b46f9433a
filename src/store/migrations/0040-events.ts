import { type Kysely, sql } from 'kysely'

/** What happened on the engine, for a while, and which process does what only one may do. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table events (
    seq ${sql.raw(isPostgres(db) ? 'bigint generated always as identity primary key' : 'integer primary key autoincrement')},
    at text not null, key text not null, team_id text, kind text not null, action text not null,
    object text, engine_id text, name text, data text not null)`.execute(db)
  await db.schema.createIndex('events_key').on('events').column('key').unique().execute()
  await db.schema.createIndex('events_at').on('events').column('at').execute()
  await db.schema.createIndex('events_object').on('events').columns(['object', 'seq']).execute()
  await db.schema
    .createTable('event_marks')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('leases')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('process_id', 'text', (c) => c.notNull())
    .addColumn('until', 'text', (c) => c.notNull())
    .execute()
}

function isPostgres(db: Kysely<unknown>): boolean {
  return db.getExecutor().adapter.constructor.name.startsWith('Postgres')
}
