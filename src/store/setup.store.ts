import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { MembershipsTable, TeamsTable, UsersTable } from './schema.js'

/** What the set-up makes, all or nothing. */
export interface FirstRows {
  readonly user: UsersTable
  readonly team: TeamsTable
  readonly membership: MembershipsTable
}

const DONE = 'setup_done'
const TOKEN = 'setup_token'

/** The set-up, which happens once in the life of an installation. */
@Injectable()
export class SetupStore {
  constructor(private readonly db: Database) {}

  async isDone(): Promise<boolean> {
    return (await this.db.selectFrom('settings').select('key').where('key', '=', DONE).executeTakeFirst()) !== undefined
  }

  /** True for exactly one of several callers, also in several processes: the key of the mark is unique. */
  complete(rows: FirstRows): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      const mark = await tx
        .insertInto('settings')
        .values({ key: DONE, value: rows.user.created_at })
        .onConflict((c) => c.column('key').doNothing())
        .executeTakeFirst()
      if (mark.numInsertedOrUpdatedRows !== 1n) return false
      await tx.insertInto('users').values(rows.user).execute()
      await tx.insertInto('teams').values(rows.team).execute()
      await tx.insertInto('memberships').values(rows.membership).execute()
      return true
    })
  }

  /** SHA-256 of the token that was printed last; null when there is none. */
  async tokenHash(): Promise<string | null> {
    const row = await this.db.selectFrom('settings').select('value').where('key', '=', TOKEN).executeTakeFirst()
    return row?.value ?? null
  }

  async setTokenHash(hash: string): Promise<void> {
    await this.db
      .insertInto('settings')
      .values({ key: TOKEN, value: hash })
      .onConflict((c) => c.column('key').doUpdateSet({ value: hash }))
      .execute()
  }
}
