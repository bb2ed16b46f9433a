import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { Database } from './database.js'
import type { HostExportRow } from './schema.js'

/** A host folder with the teams that may mount it. */
export interface HostExportOfTeams extends HostExportRow {
  readonly teamIds: readonly string[]
}

/** Host folders that an administrator opened to teams. */
@Injectable()
export class HostExportStore {
  constructor(private readonly db: Database) {}

  /** All of them, by alias. */
  async all(): Promise<HostExportOfTeams[]> {
    const [rows, teams] = await Promise.all([
      this.db.selectFrom('host_exports').selectAll().orderBy('alias').execute(),
      this.db.selectFrom('host_export_teams').selectAll().orderBy('team_id').execute(),
    ])
    return rows.map((row) => ({ ...row, teamIds: teams.filter(({ alias }) => alias === row.alias).map(({ team_id }) => team_id) }))
  }

  ofTeam(teamId: string): Promise<HostExportRow[]> {
    return this.db
      .selectFrom('host_exports')
      .innerJoin('host_export_teams', 'host_export_teams.alias', 'host_exports.alias')
      .selectAll('host_exports')
      .where('host_export_teams.team_id', '=', teamId)
      .execute()
  }

  /** @throws the database's unique violation when the alias is taken. */
  async insert(row: HostExportRow, teamIds: readonly string[]): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await tx.insertInto('host_exports').values(row).execute()
      for (const team_id of teamIds) await tx.insertInto('host_export_teams').values({ alias: row.alias, team_id }).execute()
    })
  }

  /** False: there was none. */
  async delete(alias: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      for (const { path, read_only, team_id } of await tx
        .selectFrom('host_exports')
        .innerJoin('host_export_teams', 'host_export_teams.alias', 'host_exports.alias')
        .select(['path', 'read_only', 'team_id'])
        .where('host_exports.alias', '=', alias)
        .execute())
        await tx.insertInto('former_exports').values({ team_id, until: nowIso(), path, read_only }).execute()
      await tx.deleteFrom('host_export_teams').where('alias', '=', alias).execute()
      const { numDeletedRows } = await tx.deleteFrom('host_exports').where('alias', '=', alias).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    })
  }
}
