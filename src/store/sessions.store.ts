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

  async find(id: string): Promise<SessionRow | null> {
    return (await this.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }
}
