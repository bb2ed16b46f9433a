import { Injectable } from '@nestjs/common'
import { Database } from './database.js'

/** Gateway processes and their leases: one that has not beaten for the lease's time is dead. */
@Injectable()
export class ProcessStore {
  constructor(private readonly db: Database) {}

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

  async remove(id: string): Promise<void> {
    await this.db.deleteFrom('processes').where('id', '=', id).execute()
  }
}
