import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { Database } from './database.js'
import { Locks } from './locks.js'

/** Which network has which subnet. A row counts as long as the network's ownership row holds its name. */
@Injectable()
export class SubnetStore {
  private readonly locks: Locks

  constructor(private readonly db: Database) {
    this.locks = new Locks(db)
  }

  /** Runs the work alone among all processes: what a team has on the engine by name is made once. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.locks.hold(`network ${name}`, work)
  }

  /** What the network holds, else the first of the candidates that no other one holds; null when there is none. */
  reserve(uid: string, candidates: Iterable<string>): Promise<string | null> {
    return this.db.transaction().execute(async (tx) => {
      await tx
        .deleteFrom('subnets')
        .where('uid', 'not in', (eb) => eb.selectFrom('ownership').select('ownership.uid').where('holds_name', '=', 1))
        .execute()
      const rows = await tx.selectFrom('subnets').selectAll().execute()
      const own = rows.find((row) => row.uid === uid)
      if (own) return own.subnet
      const taken = new Set(rows.map((row) => row.subnet))
      for (const subnet of candidates) {
        if (taken.has(subnet)) continue
        // Another process may take it at this moment: then the next.
        const done = await tx
          .insertInto('subnets')
          .values({ subnet, uid, created_at: nowIso() })
          .onConflict((c) => c.column('subnet').doNothing())
          .executeTakeFirst()
        if (done.numInsertedOrUpdatedRows === 1n) return subnet
      }
      return null
    })
  }

  async release(uid: string): Promise<void> {
    await this.db.deleteFrom('subnets').where('uid', '=', uid).execute()
  }
}
