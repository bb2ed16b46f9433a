import { Injectable } from '@nestjs/common'
import type { Transaction, Updateable } from 'kysely'
import { nowIso } from '../common/clock.js'
import { DEFAULT_NETWORK } from '../common/team-network.js'
import { Database } from './database.js'
import { lockTeam } from './team-lock.js'
import type { Schema, TeamRow, TeamsTable } from './schema.js'

/** Columns that only a change of the profile writes. */
export type TeamPolicyChange = Pick<TeamRow, 'profile' | 'profile_expires_at' | 'port_range' | 'granted'>

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
    // PostgreSQL refuses NUL in any text with an error of its own.
    if (ref.includes('\0')) return null
    const row = await this.db
      .selectFrom('teams')
      .selectAll()
      .where('deleted_at', 'is', null)
      .where((eb) => eb.or([eb('id', '=', ref), eb('name', '=', ref)]))
      .executeTakeFirst()
    return row ?? null
  }

  /** @throws the database's unique violation when the name is, or ever was, a team's. */
  async insert(team: TeamsTable): Promise<void> {
    await this.db.insertInto('teams').values(team).execute()
  }

  async update(id: string, change: Omit<Updateable<Schema['teams']>, 'id' | 'name' | 'created_at'>): Promise<void> {
    await this.db.updateTable('teams').set(change).where('id', '=', id).execute()
  }

  /** Changes what the team may make, after `check` has seen what it may now. @throws what `check` throws, AppError NOT_FOUND */
  changePolicy(id: string, change: TeamPolicyChange, check: (row: TeamRow) => void): Promise<TeamRow> {
    return this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, id)
      const before = await tx.selectFrom('teams').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
      check(before)
      const { profile, profile_expires_at, port_range, granted } = before
      await tx
        .insertInto('former_policies')
        .values({ team_id: id, until: nowIso(), profile, profile_expires_at, port_range, granted })
        .execute()
      return tx.updateTable('teams').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
    })
  }

  /** Ends a team that owns nothing, with its memberships. Answers how much it still owns: 0 means that it is done. */
  close(id: string, at: string): Promise<number> {
    return this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, id)
      const owned = await ownedBy(tx, id)
      if (owned > 0) return owned
      await tx.updateTable('teams').set({ deleted_at: at }).where('id', '=', id).where('deleted_at', 'is', null).execute()
      await tx.deleteFrom('memberships').where('team_id', '=', id).execute()
      await tx.deleteFrom('users').where('kind', '=', 'service').where('team_id', '=', id).execute()
      await tx.deleteFrom('host_export_teams').where('team_id', '=', id).execute()
      // credentials of nobody are of use to nobody
      await tx.deleteFrom('webhooks').where('team_id', '=', id).execute()
      await tx.deleteFrom('registries').where('team_id', '=', id).execute()
      return 0
    })
  }
}

/** Objects on the engine but the default network, which goes with the team; image references and running jobs. */
async function ownedBy(tx: Transaction<Schema>, teamId: string): Promise<number> {
  const owned = await Promise.all([
    tx
      .selectFrom('ownership')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('team_id', '=', teamId)
      .where('holds_name', '=', 1)
      .where((eb) => eb.not(eb.and([eb('kind', '=', 'network'), eb('name', '=', DEFAULT_NETWORK), eb('witness', '=', 'label')])))
      .executeTakeFirstOrThrow(),
    tx
      .selectFrom('image_references')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('team_id', '=', teamId)
      .executeTakeFirstOrThrow(),
    tx
      .selectFrom('jobs')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('team_id', '=', teamId)
      .where('state', '=', 'running')
      .executeTakeFirstOrThrow(),
  ])
  return owned.reduce((sum, row) => sum + row.n, 0)
}
