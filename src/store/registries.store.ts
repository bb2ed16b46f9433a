import { Injectable } from '@nestjs/common'
import type { Updateable } from 'kysely'
import { Database } from './database.js'
import type { RegistriesTable, RegistryRow } from './schema.js'
import { lockTeam } from './team-lock.js'

export type RegistryChange = Omit<Updateable<RegistriesTable>, 'id' | 'team_id' | 'creator_id' | 'created_at'>

/** Registries of the teams. Passwords are sealed before they come here. */
@Injectable()
export class RegistryStore {
  constructor(private readonly db: Database) {}

  async find(id: string): Promise<RegistryRow | null> {
    return (await this.db.selectFrom('registries').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  /** What the team has for exactly this host and port. */
  async byAddress(teamId: string, address: string): Promise<RegistryRow | null> {
    const rows = this.db.selectFrom('registries').selectAll().where('team_id', '=', teamId)
    return (await rows.where('address', '=', address).executeTakeFirst()) ?? null
  }

  inTeams({ teamIds }: { teamIds: readonly string[] }): Promise<RegistryRow[]> {
    if (teamIds.length === 0) return Promise.resolve([])
    return this.db.selectFrom('registries').selectAll().where('team_id', 'in', teamIds).execute()
  }

  /** All with a password, for a change of keys. */
  sealed(): Promise<RegistryRow[]> {
    return this.db.selectFrom('registries').selectAll().where('password', 'is not', null).execute()
  }

  /** @throws the database's unique violation when the team has that name or address; AppError NOT_FOUND when the team is gone */
  async insert(row: RegistryRow): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, row.team_id)
      await tx.insertInto('registries').values(row).execute()
    })
  }

  /** False when it is gone or was changed since it was read. @throws the database's unique violation */
  async update({ id, updated_at: seen }: Pick<RegistryRow, 'id' | 'updated_at'>, change: RegistryChange): Promise<boolean> {
    const rows = this.db.updateTable('registries').set(change).where('id', '=', id)
    return (await rows.where('updated_at', '=', seen).executeTakeFirst()).numUpdatedRows === 1n
  }

  /** Puts another sealing of the same password in the place of one, unless somebody was faster. */
  async reseal({ id, password: seen }: RegistryRow, password: string): Promise<void> {
    await this.db.updateTable('registries').set({ password }).where('id', '=', id).where('password', '=', seen).execute()
  }

  async delete(id: string): Promise<boolean> {
    return (await this.db.deleteFrom('registries').where('id', '=', id).executeTakeFirst()).numDeletedRows === 1n
  }
}
