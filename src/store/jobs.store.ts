import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import { isEmbedded } from './locks.js'
import { assertRoomForJob, limitsOf } from './quota-room.js'
import type { JobRow, JobsTable } from './schema.js'
import { lockTeam } from './team-lock.js'

/** What may narrow a list of jobs; `before` is the last row of the page before. */
export interface JobQuery {
  readonly teamIds: readonly string[]
  readonly before?: { readonly createdAt: string; readonly id: string } | undefined
  readonly state?: JobRow['state'] | undefined
  readonly kind?: string | undefined
  readonly limit: number
}

/** Durable records of long work. */
@Injectable()
export class JobStore {
  /** The database has one process at a time: whatever another one left running is over. */
  readonly exclusive: boolean

  constructor(private readonly db: Database) {
    this.exclusive = isEmbedded(db)
  }

  /** @throws AppError QUOTA_EXCEEDED */
  async insert(job: JobsTable): Promise<void> {
    const { team_id: teamId } = job
    await this.db.transaction().execute(async (tx) => {
      if (teamId !== null && job.state === 'running' && (await limitsOf(tx, teamId)).jobs !== undefined) {
        await lockTeam(tx, teamId)
        await assertRoomForJob(tx, teamId)
      }
      await tx.insertInto('jobs').values(job).execute()
    })
  }

  async find(id: string): Promise<JobRow | null> {
    return (await this.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  /** Newest first. */
  list(query: JobQuery): Promise<JobRow[]> {
    if (query.teamIds.length === 0) return Promise.resolve([])
    const { before, state, kind } = query
    let rows = this.db.selectFrom('jobs').selectAll().where('team_id', 'in', query.teamIds)
    if (before)
      rows = rows.where((eb) =>
        eb.or([eb('created_at', '<', before.createdAt), eb.and([eb('created_at', '=', before.createdAt), eb('id', '<', before.id)])]),
      )
    if (state) rows = rows.where('state', '=', state)
    if (kind) rows = rows.where('kind', '=', kind)
    return rows.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(query.limit).execute()
  }

  /** Only while it runs, so that a late progress record never touches a result. */
  async progress(id: string, progress: string): Promise<void> {
    await this.db.updateTable('jobs').set({ progress }).where('id', '=', id).where('state', '=', 'running').execute()
  }

  /** running → ended; false when it had ended before. */
  async end(
    id: string,
    change: Partial<Pick<JobsTable, 'progress' | 'result' | 'error'>> & Pick<JobsTable, 'state' | 'ended_at'>,
  ): Promise<boolean> {
    const done = await this.db.updateTable('jobs').set(change).where('id', '=', id).where('state', '=', 'running').executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  /** Which of these jobs run no more. */
  async ended(ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return []
    const rows = await this.db.selectFrom('jobs').select('id').where('id', 'in', ids).where('state', '!=', 'running').execute()
    return rows.map((row) => row.id)
  }

  /** Of every team and process. */
  running(kind: string): Promise<JobRow[]> {
    return this.db.selectFrom('jobs').selectAll().where('kind', '=', kind).where('state', '=', 'running').execute()
  }

  /** Jobs that run on a process that is no more. */
  async orphans(aliveProcesses: readonly string[]): Promise<JobRow[]> {
    let rows = this.db.selectFrom('jobs').selectAll().where('state', '=', 'running')
    if (aliveProcesses.length > 0) rows = rows.where('process_id', 'not in', aliveProcesses)
    return rows.execute()
  }
}
