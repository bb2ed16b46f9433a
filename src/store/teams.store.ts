import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { TeamRow, TeamsTable } from './schema.js'

/** Teams. A deleted one keeps its row, so that its name is never used again. */
@Injectable()
export class TeamStore {
  constructor(private readonly db: Database) {}

  /** Teams that exist now, by name. */
  all(): Promise<TeamRow[]> {
    return this.db.selectFrom('teams').selectAll().where('deleted_at', 'is', null).orderBy('name').execute()
  }

  /** By id or by name. */
  async find(ref: string): Promise<TeamRow | null> {
    const row = await this.db
      .selectFrom('teams')
      .selectAll()
      .where('deleted_at', 'is', null)
      .where((eb) => eb.or([eb('id', '=', ref), eb('name', '=', ref)]))
      .executeTakeFirst()
    return row ?? null
  }

  async insert(team: TeamsTable): Promise<void> {
    await this.db.insertInto('teams').values(team).execute()
  }

  async update(id: string, change: Partial<Pick<TeamsTable, 'display_name' | 'profile' | 'deleted_at'>>): Promise<void> {
    await this.db.updateTable('teams').set(change).where('id', '=', id).execute()
  }
}
