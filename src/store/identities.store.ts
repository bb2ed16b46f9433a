import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { IdentitiesTable, UserRow, UsersTable } from './schema.js'

/** Who users are at OpenID providers. */
@Injectable()
export class IdentityStore {
  constructor(private readonly db: Database) {}

  async user(issuer: string, subject: string): Promise<UserRow | null> {
    // PostgreSQL refuses NUL in any text with an error of its own.
    if (subject.includes('\0')) return null
    const row = await this.db
      .selectFrom('identities')
      .innerJoin('users', 'users.id', 'identities.user_id')
      .selectAll('users')
      .where('identities.issuer', '=', issuer)
      .where('identities.subject', '=', subject)
      .executeTakeFirst()
    return row ?? null
  }

  /** Both or none. @throws the database's unique violation when the name or the identity is taken. */
  async insert(user: UsersTable, identity: IdentitiesTable): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await tx.insertInto('users').values(user).execute()
      await tx.insertInto('identities').values(identity).execute()
    })
  }
}
