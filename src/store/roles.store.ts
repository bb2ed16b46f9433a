import { Injectable } from '@nestjs/common'
import type { Transaction } from 'kysely'
import { AppError } from '../common/errors.js'
import { Database } from './database.js'
import type { RoleRow, RolesTable, Schema } from './schema.js'

/** Roles that administrators made. */
@Injectable()
export class RoleStore {
  constructor(private readonly db: Database) {}

  all(): Promise<RoleRow[]> {
    return this.db.selectFrom('roles').selectAll().orderBy('name').execute()
  }

  async find(name: string): Promise<RoleRow | null> {
    // PostgreSQL refuses NUL in any text with an error of its own.
    if (name.includes('\0')) return null
    return (await this.db.selectFrom('roles').selectAll().where('name', '=', name).executeTakeFirst()) ?? null
  }

  /** @throws the database's unique violation when the name is taken. */
  async insert(role: RolesTable): Promise<void> {
    await this.db.insertInto('roles').values(role).execute()
  }

  async update(name: string, change: Partial<Pick<RolesTable, 'display_name' | 'permissions'>>): Promise<void> {
    if (Object.keys(change).length > 0) await this.db.updateTable('roles').set(change).where('name', '=', name).execute()
  }

  /** Ends a role that nobody has. Answers how many have it: 0 means that it is done. */
  remove({ name, scope }: Pick<RoleRow, 'name' | 'scope'>): Promise<number> {
    return this.db.transaction().execute(async (tx) => {
      await lockRole(tx, name)
      const { n } =
        scope === 'team'
          ? await tx
              .selectFrom('memberships')
              .select((eb) => eb.fn.countAll<number>().as('n'))
              .where('role', '=', name)
              .executeTakeFirstOrThrow()
          : await tx
              .selectFrom('users')
              .select((eb) => eb.fn.countAll<number>().as('n'))
              .where('host_role', '=', name)
              .executeTakeFirstOrThrow()
      if (n === 0) await tx.deleteFrom('roles').where('name', '=', name).execute()
      return n
    })
  }
}

/**
 * Holds a role's row until the transaction ends, so that nobody gets a role while it is taken away: a name that is used again
 * would be theirs. @throws AppError NOT_FOUND when it is gone
 */
export async function lockRole(tx: Transaction<Schema>, name: string): Promise<void> {
  const locked = await tx
    .updateTable('roles')
    .set((eb) => ({ display_name: eb.ref('display_name') }))
    .where('name', '=', name)
    .executeTakeFirst()
  if (locked.numUpdatedRows === 0n) throw new AppError('NOT_FOUND')
}
