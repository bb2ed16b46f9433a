import type { Kysely } from 'kysely'

/** Filters of system calls that administrators name, for teams to run containers under. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('seccomp_profiles')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('content', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute()
}
