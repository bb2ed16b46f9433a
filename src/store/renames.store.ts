import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import type { Joined } from '../common/team-network.js'
import { Database } from './database.js'
import { Locks } from './locks.js'
import type { RenameRow } from './schema.js'

/** Renames under way: what a crash leaves here is brought in line with the ownership row later. */
@Injectable()
export class RenameStore {
  private readonly locks: Locks

  constructor(private readonly db: Database) {
    this.locks = new Locks(db)
  }

  /** Runs the work alone among all processes; a row that it finds is then what a crash or a failure left. */
  alone<T>(uid: string, work: () => Promise<T>): Promise<T> {
    return this.locks.hold(`rename ${uid}`, work)
  }

  /** `networks`: how the object is on each of them. What was begun before stays: it may have lost some since. */
  async begin(uid: string, networks: readonly Joined[]): Promise<void> {
    await this.db
      .insertInto('renames')
      .values({ uid, networks: JSON.stringify(networks), created_at: nowIso() })
      .onConflict((c) => c.column('uid').doNothing())
      .execute()
  }

  async find(uid: string): Promise<RenameRow | null> {
    return (await this.db.selectFrom('renames').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null
  }

  all(): Promise<RenameRow[]> {
    return this.db.selectFrom('renames').selectAll().execute()
  }

  async end(uid: string): Promise<void> {
    await this.db.deleteFrom('renames').where('uid', '=', uid).execute()
  }
}
