import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { UserRow, UsersTable } from './schema.js'

/** A membership with its team's name. */
export interface MembershipRow {
  readonly team_id: string
  readonly team_name: string
  readonly role: string
}

/** People, and the roles that they have in teams. */
@Injectable()
export class UserStore {
  constructor(private readonly db: Database) {}

  async count(): Promise<number> {
    const row = await this.db.selectFrom('users').select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
    return row.n
  }

  /** By id or by user name. */
  async find(ref: string): Promise<UserRow | null> {
    const row = await this.db
      .selectFrom('users')
      .selectAll()
      .where((eb) => eb.or([eb('id', '=', ref), eb('username', '=', ref)]))
      .executeTakeFirst()
    return row ?? null
  }

  all(): Promise<UserRow[]> {
    return this.db.selectFrom('users').selectAll().orderBy('username').execute()
  }

  /** Roles in teams that still exist. */
  memberships(userId: string): Promise<MembershipRow[]> {
    return this.db
      .selectFrom('memberships')
      .innerJoin('teams', 'teams.id', 'memberships.team_id')
      .select(['memberships.team_id', 'teams.name as team_name', 'memberships.role'])
      .where('memberships.user_id', '=', userId)
      .where('teams.deleted_at', 'is', null)
      .orderBy('teams.name')
      .execute()
  }

  async insert(user: UsersTable): Promise<void> {
    await this.db.insertInto('users').values(user).execute()
  }

  async update(id: string, change: Partial<Omit<UsersTable, 'id' | 'username'>>): Promise<void> {
    await this.db.updateTable('users').set(change).where('id', '=', id).execute()
  }

  async remove(id: string): Promise<void> {
    await this.db.deleteFrom('users').where('id', '=', id).execute()
  }
}
