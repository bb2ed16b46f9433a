import { Injectable } from '@nestjs/common'
import { Database } from './database.js'

/** Keys and one-time values of this installation. */
@Injectable()
export class SettingsStore {
  constructor(private readonly db: Database) {}

  async get(key: string): Promise<string | null> {
    const row = await this.db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
    return row?.value ?? null
  }

  /** Writes the value only where there is none yet, and answers what is stored: the same for two processes at once. */
  async getOrCreate(key: string, make: () => string): Promise<string> {
    await this.db
      .insertInto('settings')
      .values({ key, value: make() })
      .onConflict((c) => c.column('key').doNothing())
      .execute()
    return (await this.get(key))!
  }

  async set(key: string, value: string): Promise<void> {
    await this.db
      .insertInto('settings')
      .values({ key, value })
      .onConflict((c) => c.column('key').doUpdateSet({ value }))
      .execute()
  }

  /** Deletes the value if it is still the expected one; true for exactly one of several callers. */
  async take(key: string, expected: string): Promise<boolean> {
    const done = await this.db.deleteFrom('settings').where('key', '=', key).where('value', '=', expected).executeTakeFirst()
    return done.numDeletedRows === 1n
  }
}
