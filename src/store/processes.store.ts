import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { Database } from './database.js'
import { isEmbedded } from './locks.js'

/** Gateway processes and their leases: one that has not beaten for the lease's time is dead. */
@Injectable()
export class ProcessStore {
  /** The id of this process. */
  readonly id = randomUUID()
  /** The database is this process's alone: whatever another one left is over, lease or not. */
  readonly exclusive: boolean

  constructor(private readonly db: Database) {
    this.exclusive = isEmbedded(db)
  }

  async beat(id: string, startedAt: string, now: string): Promise<void> {
    await this.db
      .insertInto('processes')
      .values({ id, started_at: startedAt, heartbeat_at: now })
      .onConflict((c) => c.column('id').doUpdateSet({ heartbeat_at: now }))
      .execute()
  }

  /** Ids that have beaten since the given time. */
  async alive(since: string): Promise<string[]> {
    const rows = await this.db.selectFrom('processes').select('id').where('heartbeat_at', '>=', since).execute()
    return rows.map((row) => row.id)
  }

  /** Forgets those that have not beaten since, and answers how many there were. */
  async bury(since: string): Promise<number> {
    const done = await this.db.deleteFrom('processes').where('heartbeat_at', '<', since).executeTakeFirst()
    return Number(done.numDeletedRows)
  }

  async remove(id: string): Promise<void> {
    await this.db.deleteFrom('processes').where('id', '=', id).execute()
  }
}
