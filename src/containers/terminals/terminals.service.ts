import { Injectable } from '@nestjs/common'
import type { Readable } from 'node:stream'
import { type Grant, scopeOf, type TeamRef } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import { decodeCursor, DEFAULT_LIMIT, encodeCursor } from '../../common/paging.js'
import type { TerminalSessionRow } from '../../store/schema.js'
import { TerminalSessionStore } from '../../store/terminal-sessions.store.js'
import type {
  ListTerminalsQuery,
  TerminalPolicy,
  TerminalPolicyBody,
  TerminalSessionPage,
  TerminalSessionView,
} from '../dto/terminal.dto.js'
import { TerminalRecordings } from './terminal-recordings.js'
import { TerminalSessions } from './terminal-sessions.js'

/** Terminal sessions as they are listed, and what was recorded of them. */
@Injectable()
export class Terminals {
  constructor(
    private readonly store: TerminalSessionStore,
    private readonly sessions: TerminalSessions,
    private readonly recordings: TerminalRecordings,
  ) {}

  async list(
    grant: Grant<'TerminalSessionList'>,
    { limit = DEFAULT_LIMIT, cursor, ended = false }: ListTerminalsQuery,
  ): Promise<TerminalSessionPage> {
    const teams = scopeOf(grant)
    const before = cursor === undefined ? undefined : placeOf(cursor)
    const rows = await this.store.list({ teamIds: [...teams.keys()], ended, before, limit: limit + 1 })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      items: page.map((row) => this.view(row, teams)),
      nextCursor: rows.length > limit && last ? encodeCursor(`${last.started_at}|${last.id}`) : null,
    }
  }

  /** The asciicast as far as it is written. @throws AppError NOT_FOUND where it was not recorded, RECORDING_ELSEWHERE */
  async recording({ target }: Grant<'TerminalRecording'>): Promise<{ body: Readable; bytes: number }> {
    const row = await this.store.find(target.id)
    if (row?.recorded !== 1) throw new AppError('NOT_FOUND')
    const bytes = await this.recordings.size(row.id)
    if (bytes === null) throw new AppError('RECORDING_ELSEWHERE', { gateway: row.gateway })
    return { body: this.recordings.read(row.id, bytes), bytes }
  }

  async policy({ target }: Grant<'TerminalPolicyInspect'>): Promise<TerminalPolicy> {
    return { record: await this.store.records(target.team.id) }
  }

  async setPolicy({ target }: Grant<'TerminalPolicyPut'>, { record }: TerminalPolicyBody): Promise<TerminalPolicy> {
    await this.store.setRecords(target.team.id, record)
    return { record }
  }

  private view(row: TerminalSessionRow, teams: ReadonlyMap<string, TeamRef>): TerminalSessionView {
    const seats = row.ended_at === null ? this.sessions.seatsOf(row.id) : null
    return {
      id: row.id,
      kind: row.kind,
      container: { id: row.container_id, name: row.container },
      team: teams.get(row.team_id ?? '')!.name,
      owner: row.owner,
      tty: row.tty === 1,
      recorded: row.recorded === 1,
      participants: seats && seats.map(({ user: { username }, role }) => ({ username, role })),
      gateway: row.gateway,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      endReason: row.end_reason,
      exitCode: row.exit_code,
    }
  }
}

function placeOf(cursor: string): { startedAt: string; id: string } {
  const [startedAt = '', id = ''] = decodeCursor(cursor).split('|')
  return { startedAt, id }
}
