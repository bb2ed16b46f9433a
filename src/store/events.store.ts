import { Injectable } from '@nestjs/common'
import type { Insertable, Transaction } from 'kysely'
import { Database } from './database.js'
import { isEmbedded, Locks } from './locks.js'
import type { EventRow, EventsTable, Schema } from './schema.js'

export type NewEvent = Insertable<EventsTable>

/** The last event of the engine that was heard, kept or not: where to go on. */
export interface Heard {
  readonly key: string
  /** Unix nanoseconds. */
  readonly nano: string
}

const HEARD = 'heard'
const TRIMMED = 'trimmed'

/** The ring of events: appended at one end, trimmed at the other. */
@Injectable()
export class EventStore {
  /** Only this process writes. */
  readonly exclusive: boolean
  private readonly locks: Locks

  constructor(private readonly db: Database) {
    this.exclusive = isEmbedded(db)
    this.locks = new Locks(db)
  }

  /**
   * Those that are not there yet, in this order, and with them where the engine was heard up to; answers the new rows. One
   * process at a time, so that numbers become visible in their order: who has read one has missed none before it.
   */
  append(events: readonly NewEvent[], heard?: Heard): Promise<EventRow[]> {
    return this.locks.hold('events', () =>
      this.db.transaction().execute(async (tx) => {
        const rows: EventRow[] = []
        for (const event of events) {
          const row = await tx
            .insertInto('events')
            .values(event)
            .onConflict((c) => c.column('key').doNothing())
            .returningAll()
            .executeTakeFirst()
          if (row) rows.push(row)
        }
        if (heard) {
          await mark(tx, HEARD, JSON.stringify(heard))
        }
        return rows
      }),
    )
  }

  async heard(): Promise<Heard | null> {
    const row = await this.db.selectFrom('event_marks').select('value').where('name', '=', HEARD).executeTakeFirst()
    return row ? (JSON.parse(row.value) as Heard) : null
  }

  /** In order, after a number. */
  after(seq: number, limit: number): Promise<EventRow[]> {
    return this.db.selectFrom('events').selectAll().where('seq', '>', seq).orderBy('seq').limit(limit).execute()
  }

  /** The oldest that is kept; null when there is none. */
  async first(): Promise<EventRow | null> {
    return (await this.db.selectFrom('events').selectAll().orderBy('seq').limit(1).executeTakeFirst()) ?? null
  }

  /** The highest number that was ever given; 0 before the first. */
  async last(): Promise<number> {
    const row = await this.db.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return row?.seq ?? 0
  }

  /** The number before the first event of this time or later: where to read on from. */
  async before(at: string): Promise<number> {
    const row = await this.db.selectFrom('events').select('seq').where('at', '>=', at).orderBy('seq').limit(1).executeTakeFirst()
    return row ? row.seq - 1 : this.last()
  }

  /** The last event of an object, by its ownership row. */
  async lastOf(object: string): Promise<EventRow | null> {
    const rows = this.db.selectFrom('events').selectAll().where('object', '=', object)
    return (await rows.orderBy('seq', 'desc').limit(1).executeTakeFirst()) ?? null
  }

  /** The highest number that was removed: who has read on from before it has missed something. */
  async trimmed(): Promise<number> {
    const row = await this.db.selectFrom('event_marks').select('value').where('name', '=', TRIMMED).executeTakeFirst()
    return Number(row?.value ?? 0)
  }

  /** Removes all but the newest so many, and what is older than the time; the newest of all stays. */
  trim(keep: number, before: string): Promise<void> {
    return this.locks.hold('events', () =>
      this.db.transaction().execute(async (tx) => {
        const edge = tx.selectFrom('events').select('seq').orderBy('seq', 'desc').limit(1)
        const { seq: last = 0 } = (await edge.executeTakeFirst()) ?? {}
        const surplus = await edge.offset(keep).executeTakeFirst()
        const old = await edge.where('at', '<', before).where('seq', '<', last).executeTakeFirst()
        const to = Math.max(surplus?.seq ?? 0, old?.seq ?? 0)
        if (to === 0) return
        await tx.deleteFrom('events').where('seq', '<=', to).execute()
        await mark(tx, TRIMMED, String(to))
      }),
    )
  }
}

async function mark(tx: Transaction<Schema>, name: string, value: string): Promise<void> {
  const put = tx.insertInto('event_marks').values({ name, value })
  await put.onConflict((c) => c.column('name').doUpdateSet({ value })).execute()
}
