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
}
