import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { Database } from './database.js'
import { isEmbedded } from './locks.js'
import { ProcessStore } from './processes.store.js'

/** What one of several gateway processes does for all. */
@Injectable()
export class LeaseStore {
  private readonly exclusive: boolean

  constructor(
    private readonly db: Database,
    private readonly process: ProcessStore,
  ) {
    this.exclusive = isEmbedded(db)
  }

  /** Takes or renews it for so long; false while another process has it. */
  async take(name: string, forMs: number): Promise<boolean> {
    // whatever an earlier process left is over
    if (this.exclusive) return true
    const mine = { process_id: this.process.id, until: nowIso(forMs) }
    const done = await this.db
      .insertInto('leases')
      .values({ name, ...mine })
      .onConflict((c) =>
        c
          .column('name')
          .doUpdateSet(mine)
          .where((eb) => eb.or([eb('leases.process_id', '=', mine.process_id), eb('leases.until', '<', nowIso())])),
      )
      .executeTakeFirst()
    return done.numInsertedOrUpdatedRows === 1n
  }

  /** Lets it go, so that another process need not wait for its end. */
  async leave(name: string): Promise<void> {
    await this.db.deleteFrom('leases').where('name', '=', name).where('process_id', '=', this.process.id).execute()
  }
}
