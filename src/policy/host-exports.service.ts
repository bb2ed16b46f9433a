import { Injectable } from '@nestjs/common'
import { type Grant, type TeamRef, Teams } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError, type FieldError } from '../common/errors.js'
import { pageOf } from '../common/paging.js'
import { isUniqueViolation } from '../store/database.js'
import { HostExportStore } from '../store/host-exports.store.js'
import type { HostExportRow } from '../store/schema.js'
import { TeamStore } from '../store/teams.store.js'
import { EXPORT_ALIAS, type HostExport, type HostExportBody, type HostExportListQuery, type HostExportPage } from './dto/host-export.dto.js'
import { HostFolders } from './host-folders.js'

/** Folders of the host that administrators open to teams. */
@Injectable()
export class HostExports {
  constructor(
    private readonly store: HostExportStore,
    private readonly teams: Teams,
    private readonly everyTeam: TeamStore,
    private readonly folders: HostFolders,
  ) {}

  async list(_grant: Grant<'HostExportList'>, query: HostExportListQuery): Promise<HostExportPage> {
    const [rows, teams] = await Promise.all([this.store.all(), this.everyTeam.all()])
    const names = new Map(teams.map(({ id, name }) => [id, name]))
    const items = rows.map((row) =>
      view(
        row,
        row.teamIds.flatMap((id) => names.get(id) ?? []),
      ),
    )
    return pageOf(items, { key: ({ alias }) => alias }, query)
  }

  /** @throws AppError INVALID_REQUEST, NAME_IN_USE */
  async create(grant: Grant<'HostExportCreate'>, body: HostExportBody): Promise<HostExport> {
    const { alias, readOnly = true } = body
    const errors: FieldError[] = []
    const teams = await this.find(grant, body.teams, errors)
    const looked = await this.folders.look({ path: body.path, readOnly })
    if ('refused' in looked) errors.push({ pointer: '/path', detail: looked.refused })
    if ('refused' in looked || errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors })
    const row = { alias, path: looked.path, read_only: readOnly ? 1 : 0, created_at: nowIso() }
    const ids = [...new Set(teams.map(({ id }) => id))]
    await this.store.insert(row, ids).catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? new AppError('NAME_IN_USE', { name: alias, errors: [{ pointer: '/alias', detail: 'is in use' }] })
        : error
    })
    return view(row, [...new Set(teams.map(({ name }) => name))])
  }

  /** @throws AppError NOT_FOUND */
  async remove(_grant: Grant<'HostExportDelete'>, alias: string): Promise<void> {
    if (!EXPORT_ALIAS.test(alias) || !(await this.store.delete(alias))) throw new AppError('NOT_FOUND')
  }

  private async find(grant: Grant<'HostExportCreate'>, asked: readonly string[], errors: FieldError[]): Promise<TeamRef[]> {
    const found = await Promise.all(asked.map((ref) => this.teams.visible(grant.principal, ref).catch(ifMissing)))
    return found.flatMap((team, at) => {
      if (team) return [team]
      errors.push({ pointer: `/teams/${at}`, detail: 'is no team' })
      return []
    })
  }
}

function ifMissing(error: unknown): null {
  if (error instanceof AppError && error.code === 'NOT_FOUND') return null
  throw error
}

function view({ alias, path, read_only, created_at: createdAt }: HostExportRow, teams: readonly string[]): HostExport {
  return { alias, path, readOnly: read_only === 1, teams: teams.toSorted(), createdAt }
}
