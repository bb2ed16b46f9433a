import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import { Locks } from './locks.js'
import type { ImageScratchRow, ImageScratchTable } from './schema.js'

/** Which public references of the engine are used for transfers now, and by which process. */
@Injectable()
export class ImageScratchStore {
  private readonly locks: Locks

  constructor(private readonly db: Database) {
    this.locks = new Locks(db)
  }

  /** Runs the work alone among all processes: a row and its reference on the engine change together. For moments only. */
  alone<T>(reference: string, work: () => Promise<T>): Promise<T> {
    return this.locks.hold(`scratch ${reference}`, work)
  }

  /** Of one reference, or all. */
  rows(reference?: string): Promise<ImageScratchRow[]> {
    const all = this.db.selectFrom('image_scratch').selectAll()
    return (reference === undefined ? all : all.where('reference', '=', reference)).execute()
  }

  /** An abandoned row of the same holder is taken up again, with what it has to restore. */
  async insert(row: ImageScratchTable): Promise<void> {
    const { process_id, created_at } = row
    await this.db
      .insertInto('image_scratch')
      .values(row)
      .onConflict((c) => c.columns(['reference', 'holder']).doUpdateSet({ process_id, created_at }))
      .execute()
  }

  async remove({ reference, holder }: Pick<ImageScratchRow, 'reference' | 'holder'>): Promise<void> {
    await this.db.deleteFrom('image_scratch').where('reference', '=', reference).where('holder', '=', holder).execute()
  }

  /** Leaves it to whoever looks for the rows of dead processes. */
  async abandon({ reference, holder }: Pick<ImageScratchRow, 'reference' | 'holder'>): Promise<void> {
    await this.db
      .updateTable('image_scratch')
      .set({ process_id: '' })
      .where('reference', '=', reference)
      .where('holder', '=', holder)
      .execute()
  }
}
