import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { TokenRow, TokensTable } from './schema.js'

/** Personal access tokens; only their hashes are here. */
@Injectable()
export class TokenStore {
  constructor(private readonly db: Database) {}

  async insert(token: TokensTable): Promise<void> {
    await this.db.insertInto('tokens').values(token).execute()
  }

  async findByHash(hash: string): Promise<TokenRow | null> {
    return (await this.db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst()) ?? null
  }

  async find(id: string): Promise<TokenRow | null> {
    return (await this.db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  ofUser(userId: string): Promise<TokenRow[]> {
    return this.db.selectFrom('tokens').selectAll().where('user_id', '=', userId).execute()
  }

  async used(id: string, at: string): Promise<void> {
    await this.db.updateTable('tokens').set({ used_at: at }).where('id', '=', id).execute()
  }

  /** Only the owner's own; false when there is none. */
  async remove(id: string, userId: string): Promise<boolean> {
    if (id.includes('\0')) return false
    const done = await this.db.deleteFrom('tokens').where('id', '=', id).where('user_id', '=', userId).executeTakeFirst()
    return done.numDeletedRows === 1n
  }
}
