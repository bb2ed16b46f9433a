import type { Kysely } from 'kysely'

/** What seccomp profiles were before: what was made under them stays, and a sweep must know it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('former_seccomp')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('until', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull())
    .execute()
}
