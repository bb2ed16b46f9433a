import { Injectable } from '@nestjs/common'
import type { Transaction } from 'kysely'
import { nowIso } from '../common/clock.js'
import { Database } from './database.js'
import type { Schema, SeccompProfileRow } from './schema.js'

/** Seccomp profiles that administrators named. */
@Injectable()
export class SeccompProfileStore {
  constructor(private readonly db: Database) {}

  /** All of them, by name. */
  all(): Promise<SeccompProfileRow[]> {
    return this.db.selectFrom('seccomp_profiles').selectAll().orderBy('name').execute()
  }

  find(name: string): Promise<SeccompProfileRow | undefined> {
    return this.db.selectFrom('seccomp_profiles').selectAll().where('name', '=', name).executeTakeFirst()
  }

  /** Of these names, those that there are. */
  async named(names: readonly string[]): Promise<SeccompProfileRow[]> {
    if (names.length === 0) return []
    return this.db.selectFrom('seccomp_profiles').selectAll().where('name', 'in', names).execute()
  }

  /** What has the name already is replaced, and keeps its time of creation. */
  put(name: string, content: string, now: string): Promise<SeccompProfileRow> {
    return this.db.transaction().execute(async (tx) => {
      await keep(tx, name, now)
      return tx
        .insertInto('seccomp_profiles')
        .values({ name, content, created_at: now, updated_at: now })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ content, updated_at: now }))
        .returningAll()
        .executeTakeFirstOrThrow()
    })
  }

  /** False: there was none. */
  async delete(name: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      await keep(tx, name, nowIso())
      const { numDeletedRows } = await tx.deleteFrom('seccomp_profiles').where('name', '=', name).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    })
  }
}

/** What was made under it keeps it, and a sweep must be able to tell. */
async function keep(tx: Transaction<Schema>, name: string, until: string): Promise<void> {
  const row = await tx.selectFrom('seccomp_profiles').select(['name', 'content']).where('name', '=', name).executeTakeFirst()
  if (row)
    await tx
      .insertInto('former_seccomp')
      .values({ ...row, until })
      .execute()
}
