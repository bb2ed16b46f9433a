import type { Kysely } from 'kysely'

/** Public references that a transfer has put on the engine for a while: what a process that died left is known by its row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('image_scratch')
    .addColumn('reference', 'text', (c) => c.notNull())
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('process_id', 'text', (c) => c.notNull())
    .addColumn('restore_id', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('image_scratch_pk', ['reference', 'holder'])
    .execute()
}
