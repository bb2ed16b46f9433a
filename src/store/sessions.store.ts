import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { SessionRow, SessionsTable } from './schema.js'

/** Login sessions. */
@Injectable()
export class SessionStore {
  constructor(private readonly db: Database) {}

  async insert(session: SessionsTable): Promise<void> {
    await this.db.insertInto('sessions').values(session).execute()
  }

  /**
   * Opens a session for credentials that were verified as of `credentialsAt`; false when they have changed since, or the user
   * is gone or disabled. The update is for its lock: a change of password waits for us, or we for it.
   */
  insertIfCurrent(session: SessionsTable, credentialsAt: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      const user = await tx
        .updateTable('users')
        .set({ credentials_at: credentialsAt })
        .where('id', '=', session.user_id)
        .where('credentials_at', '=', credentialsAt)
        .where('disabled', '=', 0)
        .executeTakeFirst()
      if (user.numUpdatedRows !== 1n) return false
      await tx.insertInto('sessions').values(session).execute()
      return true
    })
  }

  async find(id: string): Promise<SessionRow | null> {
    return (await this.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  /** Sessions of the user that were neither revoked nor left to expire. */
  open(userId: string, now: string): Promise<SessionRow[]> {
    return this.db
      .selectFrom('sessions')
      .selectAll()
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .execute()
  }

  /** Has the user logged in from this address before? */
  async knowsAddress(userId: string, address: string): Promise<boolean> {
    const row = await this.db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', userId)
      .where('address', '=', address)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  }

  /** Replaces the refresh token if it is still the expected one; true for exactly one of several callers. */
  async rotate(id: string, expectedHash: string, change: Pick<SessionsTable, 'refresh_hash' | 'used_at' | 'expires_at'>): Promise<boolean> {
    const done = await this.db
      .updateTable('sessions')
      .set(change)
      .where('id', '=', id)
      .where('refresh_hash', '=', expectedHash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  /** False when it had ended before. */
  async revoke(id: string, at: string): Promise<boolean> {
    const done = await this.db
      .updateTable('sessions')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  /** Forgets sessions of the user that ended before. */
  async forget(userId: string, before: string): Promise<void> {
    await this.db
      .deleteFrom('sessions')
      .where('user_id', '=', userId)
      .where((eb) => eb.or([eb('expires_at', '<', before), eb('revoked_at', '<', before)]))
      .execute()
  }
}
