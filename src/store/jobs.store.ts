import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { JobRow, JobsTable } from './schema.js'

/** Durable records of long work. */
@Injectable()
export class JobStore {
  constructor(private readonly db: Database) {}

  async insert(job: JobsTable): Promise<void> {
    await this.db.insertInto('jobs').values(job).execute()
  }

  async find(id: string): Promise<JobRow | null> {
    return (await this.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  /** Newest first, `before` the given creation time. */
  list(query: { teamIds: readonly string[]; before?: string | undefined; state?: JobRow['state'] | undefined; limit: number }): Promise<JobRow[]> {
    if (query.teamIds.length === 0) return Promise.resolve([])
    let rows = this.db.selectFrom('jobs').selectAll().where('team_id', 'in', query.teamIds)
    if (query.before) rows = rows.where('created_at', '<', query.before)
    if (query.state) rows = rows.where('state', '=', query.state)
    return rows.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(query.limit).execute()
  }

  /** Only while it runs, so that a late progress record never touches a result. */
  async progress(id: string, progress: string): Promise<void> {
    await this.db.updateTable('jobs').set({ progress }).where('id', '=', id).where('state', '=', 'running').execute()
  }

  /** running → ended; false when it had ended before. */
  async end(id: string, change: Pick<JobsTable, 'state' | 'progress' | 'result' | 'error' | 'ended_at'>): Promise<boolean> {
    const done = await this.db.updateTable('jobs').set(change).where('id', '=', id).where('state', '=', 'running').executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  /** Jobs that run on a process that is no more. */
  async orphans(aliveProcesses: readonly string[]): Promise<JobRow[]> {
    let rows = this.db.selectFrom('jobs').selectAll().where('state', '=', 'running')
    if (aliveProcesses.length > 0) rows = rows.where('process_id', 'not in', aliveProcesses)
    return rows.execute()
  }
}
