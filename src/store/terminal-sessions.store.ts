import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import { isEmbedded } from './locks.js'
import type { TerminalSessionRow } from './schema.js'

export type TerminalSessionEnd = Pick<TerminalSessionRow, 'ended_at' | 'end_reason' | 'exit_code'>

/** What may narrow a list of terminal sessions; `before` is the last row of the page before. */
export interface TerminalSessionQuery {
  readonly teamIds: readonly string[]
  /** False: those that live; true: those that have ended, of which only the recorded are kept. */
  readonly ended: boolean
  readonly before?: { readonly startedAt: string; readonly id: string } | undefined
  readonly limit: number
}

/** Terminal sessions of all gateway processes. One that ends without a recording is forgotten. */
@Injectable()
export class TerminalSessionStore {
  /** The database has one process at a time: whatever another one left is over. */
  readonly exclusive: boolean

  constructor(private readonly db: Database) {
    this.exclusive = isEmbedded(db)
  }

  async insert(row: TerminalSessionRow): Promise<void> {
    await this.db.insertInto('terminal_sessions').values(row).execute()
  }

  async find(id: string): Promise<TerminalSessionRow | null> {
    return (await this.db.selectFrom('terminal_sessions').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  /** Newest first. */
  list({ teamIds, ended, before, limit }: TerminalSessionQuery): Promise<TerminalSessionRow[]> {
    if (teamIds.length === 0) return Promise.resolve([])
    let rows = this.db.selectFrom('terminal_sessions').selectAll().where('team_id', 'in', teamIds)
    rows = rows.where('ended_at', ended ? 'is not' : 'is', null)
    if (before)
      rows = rows.where((eb) =>
        eb.or([eb('started_at', '<', before.startedAt), eb.and([eb('started_at', '=', before.startedAt), eb('id', '<', before.id)])]),
      )
    return rows.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  }

  /** Keeps the row of a recorded session, and forgets the others. */
  async end(id: string, end: TerminalSessionEnd): Promise<void> {
    await this.db.deleteFrom('terminal_sessions').where('id', '=', id).where('recorded', '=', 0).execute()
    await this.db.updateTable('terminal_sessions').set(end).where('id', '=', id).where('ended_at', 'is', null).execute()
  }

  async delete(id: string): Promise<void> {
    await this.db.deleteFrom('terminal_sessions').where('id', '=', id).execute()
  }

  /** Sessions of processes that are no more. */
  orphans(aliveProcesses: readonly string[]): Promise<TerminalSessionRow[]> {
    let rows = this.db.selectFrom('terminal_sessions').selectAll().where('ended_at', 'is', null)
    if (aliveProcesses.length > 0) rows = rows.where('process_id', 'not in', aliveProcesses)
    return rows.execute()
  }

  /** Recordings that began before the time. */
  recordedBefore(time: string): Promise<TerminalSessionRow[]> {
    return this.db.selectFrom('terminal_sessions').selectAll().where('ended_at', 'is not', null).where('started_at', '<', time).execute()
  }

  /** Whether the terminals of a team are recorded. */
  async records(teamId: string): Promise<boolean> {
    const row = await this.db.selectFrom('terminal_policies').select('record').where('team_id', '=', teamId).executeTakeFirst()
    return row?.record === 1
  }

  async setRecords(teamId: string, record: boolean): Promise<void> {
    const value = record ? 1 : 0
    await this.db
      .insertInto('terminal_policies')
      .values({ team_id: teamId, record: value })
      .onConflict((c) => c.column('team_id').doUpdateSet({ record: value }))
      .execute()
  }
}
