import { Injectable } from '@nestjs/common'
import type { Transaction } from 'kysely'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { Database } from './database.js'
import type { VisibleTeams } from './ownership.store.js'
import { lockRole } from './roles.store.js'
import type { MembershipsTable, Schema, UserRow, UsersTable } from './schema.js'
import { lockTeam } from './team-lock.js'

/** A membership with its team's name. */
export interface MembershipRow {
  readonly team_id: string
  readonly team_name: string
  readonly role: string
  /** What the role holds where an administrator made it; null of a built-in one, and of one that there is no more. */
  readonly permissions: string | null
}

/** What may be changed of a user: never the id or the name. */
export type UserChange = Partial<Omit<UsersTable, 'id' | 'username' | 'kind' | 'team_id'>>

/** How a change of a user is made. */
export interface UpdateOptions {
  /** The one session that stays. */
  readonly keepSession?: string | undefined
  /** The host role of the change is not a built-in one. */
  readonly customRole?: boolean
  /** Only while the user is not disabled and the credentials are those of then: `credentials_at`, when they were verified. */
  readonly verifiedAt?: string
}

/** The settings row that changes of administrators take turns on. */
const ADMINISTRATORS = 'administrators'

/** People, and the roles that they have in teams. */
@Injectable()
export class UserStore {
  constructor(private readonly db: Database) {}

  async count(): Promise<number> {
    const row = await this.db
      .selectFrom('users')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return row.n
  }

  /** By id or by user name. */
  async find(ref: string): Promise<UserRow | null> {
    // PostgreSQL refuses NUL in any text with an error of its own.
    if (ref.includes('\0')) return null
    const row = await this.db
      .selectFrom('users')
      .selectAll()
      .where((eb) => eb.or([eb('id', '=', ref), eb('username', '=', ref)]))
      .executeTakeFirst()
    return row ?? null
  }

  /** By user name only: nobody logs in as an id. */
  async byUsername(username: string): Promise<UserRow | null> {
    if (username.includes('\0')) return null
    return (await this.db.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst()) ?? null
  }

  /** People and programs. */
  all(): Promise<UserRow[]> {
    return this.db.selectFrom('users').selectAll().orderBy('username').execute()
  }

  people(): Promise<UserRow[]> {
    return this.db.selectFrom('users').selectAll().where('kind', '=', 'user').orderBy('username').execute()
  }

  /** Service accounts of the teams. */
  ofTeams({ teamIds }: VisibleTeams): Promise<UserRow[]> {
    if (teamIds.length === 0) return Promise.resolve([])
    return this.db
      .selectFrom('users')
      .selectAll()
      .where('kind', '=', 'service')
      .where('team_id', 'in', teamIds)
      .orderBy('username')
      .execute()
  }

  /** Roles in teams that still exist. */
  memberships(userId: string): Promise<MembershipRow[]> {
    return this.db
      .selectFrom('memberships')
      .innerJoin('teams', 'teams.id', 'memberships.team_id')
      .leftJoin('roles', (join) => join.onRef('roles.name', '=', 'memberships.role').on('roles.scope', '=', 'team'))
      .select(['memberships.team_id', 'teams.name as team_name', 'memberships.role', 'roles.permissions'])
      .where('memberships.user_id', '=', userId)
      .where('teams.deleted_at', 'is', null)
      .orderBy('teams.name')
      .execute()
  }

  /** @throws the database's unique violation when the name is taken. */
  async insert(user: UsersTable): Promise<void> {
    await this.db.insertInto('users').values(user).execute()
  }

  /** An account for a program, with its role, all or nothing. @throws the database's unique violation, AppError NOT_FOUND when the team or role is gone. */
  async insertService(account: UsersTable, membership: MembershipsTable, custom: boolean): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, membership.team_id)
      if (custom) await lockRole(tx, membership.role)
      await tx.insertInto('users').values(account).execute()
      await tx.insertInto('memberships').values(membership).execute()
    })
  }

  /**
   * Changes a user; with new credentials, or when disabled, all sessions end in the same transaction, but for `keepSession`.
   * @throws AppError LAST_ADMINISTRATOR when nobody would be left who administers, NOT_FOUND when the user, or a host role that an
   * administrator made (`customRole`), is gone, INVALID_CREDENTIALS when those that were verified (`verifiedAt`) hold no more.
   */
  async update(id: string, change: UserChange, { keepSession, customRole = false, verifiedAt }: UpdateOptions = {}): Promise<void> {
    if (Object.keys(change).length === 0) return
    await this.db.transaction().execute(async (tx) => {
      if (customRole && change.host_role) await lockRole(tx, change.host_role)
      if ((change.host_role !== undefined && change.host_role !== 'admin') || change.disabled === 1)
        await assertAnotherAdministrator(tx, id)
      const ofUser = tx.updateTable('users').set(change).where('id', '=', id)
      const still = verifiedAt === undefined ? ofUser : ofUser.where('credentials_at', '=', verifiedAt).where('disabled', '=', 0)
      const done = await still.executeTakeFirst()
      if (done.numUpdatedRows === 0n) throw new AppError(verifiedAt === undefined ? 'NOT_FOUND' : 'INVALID_CREDENTIALS')
      if (change.credentials_at !== undefined || change.disabled === 1)
        await endSessions(tx, id, change.credentials_at ?? nowIso(), keepSession)
    })
  }

  /** @throws AppError LAST_ADMINISTRATOR, NOT_FOUND. */
  async remove(id: string): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await assertAnotherAdministrator(tx, id)
      const done = await tx.deleteFrom('users').where('id', '=', id).executeTakeFirst()
      if (done.numDeletedRows === 0n) throw new AppError('NOT_FOUND')
    })
  }
}

/** Two administrators who demote each other at once would both see the other one: the row below makes them take turns. */
async function assertAnotherAdministrator(tx: Transaction<Schema>, id: string): Promise<void> {
  await tx
    .insertInto('settings')
    .values({ key: ADMINISTRATORS, value: id })
    .onConflict((c) => c.column('key').doUpdateSet({ value: id }))
    .execute()
  const active = await tx.selectFrom('users').select('id').where('host_role', '=', 'admin').where('disabled', '=', 0).execute()
  if (active.length === 1 && active[0]!.id === id) throw new AppError('LAST_ADMINISTRATOR')
}

/** The session that stays counts as used with the new credentials; see `isAlive` of accounts. */
async function endSessions(tx: Transaction<Schema>, userId: string, at: string, keep: string | undefined): Promise<void> {
  const ended = tx.updateTable('sessions').set({ revoked_at: at }).where('user_id', '=', userId).where('revoked_at', 'is', null)
  await (keep === undefined ? ended : ended.where('id', '!=', keep)).execute()
  if (keep !== undefined)
    await tx.updateTable('sessions').set({ used_at: at }).where('id', '=', keep).where('user_id', '=', userId).execute()
}
