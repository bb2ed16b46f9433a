import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { SeccompProfileRow } from './schema.js'

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
    return this.db
      .insertInto('seccomp_profiles')
      .values({ name, content, created_at: now, updated_at: now })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ content, updated_at: now }))
      .returningAll()
      .executeTakeFirstOrThrow()
  }

  /** False: there was none. */
  async delete(name: string): Promise<boolean> {
    const { numDeletedRows } = await this.db.deleteFrom('seccomp_profiles').where('name', '=', name).executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }
}
