import type { Kysely } from 'kysely'

/** Which process wrote a record: with several, one that starts must not close the intents of those that run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('audit').addColumn('process_id', 'text').execute()
}
