import type { Kysely } from 'kysely'

/** Where a delivery that was tried ends, so that the next try is the same one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('webhooks').addColumn('tried_to', 'bigint').execute()
}
