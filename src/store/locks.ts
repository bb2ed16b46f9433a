import { PostgresAdapter, sql } from 'kysely'
import { createHash } from 'node:crypto'
import type { Database } from './database.js'

/** Does the database belong to this process alone? */
export function isEmbedded(db: Database): boolean {
  return !(db.getExecutor().adapter instanceof PostgresAdapter)
}

/** Each holder keeps a connection while its work needs another: more than these could hold the whole pool against each other. */
const MAX_HOLDERS = 4

interface Slots {
  holders: number
  readonly waiting: (() => void)[]
}

/** One count for each pool, however many stores have locks on it. */
const SLOTS = new WeakMap<Database, Slots>()

/**
 * Named locks: one holder at a time among all processes on the database. Within the process they are a queue; on
 * PostgreSQL an advisory lock follows, which takes one connection of the pool: hold it for moments, not for transfers.
 */
export class Locks {
  private readonly queues = new Map<string, Promise<unknown>>()
  private readonly slots: Slots

  constructor(private readonly db: Database) {
    this.slots = SLOTS.get(db) ?? { holders: 0, waiting: [] }
    SLOTS.set(db, this.slots)
  }

  /** Runs the work while the lock is held, after those that asked before. Not re-entrant. */
  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.queues.get(name) ?? Promise.resolve()
    const mine = before.then(() => (isEmbedded(this.db) ? work() : this.across(name, work)))
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    this.queues.set(name, settled)
    try {
      return await mine
    } finally {
      if (this.queues.get(name) === settled) this.queues.delete(name)
    }
  }

  private async across<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.slot()
    try {
      const key = createHash('sha256').update(name).digest().readBigInt64BE(0).toString()
      return await this.db.connection().execute(async (connection) => {
        await sql`select pg_advisory_lock(${key}::bigint)`.execute(connection)
        try {
          return await work()
        } finally {
          await sql`select pg_advisory_unlock(${key}::bigint)`.execute(connection)
        }
      })
    } finally {
      const next = this.slots.waiting.shift()
      if (next) next()
      else this.slots.holders--
    }
  }

  private slot(): Promise<void> | void {
    if (this.slots.holders < MAX_HOLDERS) {
      this.slots.holders++
      return
    }
    return new Promise((resolve) => this.slots.waiting.push(resolve))
  }
}
