import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { TotpRow, TotpTable } from './schema.js'

/** Second factors. */
@Injectable()
export class TotpStore {
  constructor(private readonly db: Database) {}

  async find(userId: string): Promise<TotpRow | null> {
    return (await this.db.selectFrom('totp').selectAll().where('user_id', '=', userId).executeTakeFirst()) ?? null
  }

  all(): Promise<TotpRow[]> {
    return this.db.selectFrom('totp').selectAll().execute()
  }

  /** Begins anew, unless one is in use; false then. */
  async begin(row: TotpTable): Promise<boolean> {
    const { secret, created_at, last_step, recovery } = row
    const done = await this.db
      .insertInto('totp')
      .values(row)
      .onConflict((c) =>
        c.column('user_id').doUpdateSet({ secret, created_at, last_step, recovery }).where('totp.confirmed_at', 'is', null),
      )
      .executeTakeFirst()
    return (done.numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  /** True for exactly one of several callers, and only for the secret that was looked at. */
  async confirm(
    { user_id, secret }: TotpRow,
    change: Pick<TotpTable, 'last_step' | 'recovery'> & { confirmed_at: string },
  ): Promise<boolean> {
    const done = await this.db
      .updateTable('totp')
      .set(change)
      .where('user_id', '=', user_id)
      .where('secret', '=', secret)
      .where('confirmed_at', 'is', null)
      .executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  /** Takes a code of this time step; false when it, or a later one, was taken before. */
  async step(userId: string, step: number): Promise<boolean> {
    const done = await this.db
      .updateTable('totp')
      .set({ last_step: step })
      .where('user_id', '=', userId)
      .where('last_step', '<', step)
      .executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  /** Takes a recovery code; false when somebody was faster. */
  async recover({ user_id, recovery }: TotpRow, left: string): Promise<boolean> {
    const done = await this.db
      .updateTable('totp')
      .set({ recovery: left })
      .where('user_id', '=', user_id)
      .where('recovery', '=', recovery)
      .executeTakeFirst()
    return done.numUpdatedRows === 1n
  }

  async reseal({ user_id, secret }: TotpRow, sealed: string): Promise<void> {
    await this.db.updateTable('totp').set({ secret: sealed }).where('user_id', '=', user_id).where('secret', '=', secret).execute()
  }

  /** False when there was none. */
  async remove(userId: string): Promise<boolean> {
    const done = await this.db.deleteFrom('totp').where('user_id', '=', userId).executeTakeFirst()
    return done.numDeletedRows === 1n
  }
}
