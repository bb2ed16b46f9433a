import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { Authenticator, type Grant } from '../access/index.js'
import type { BytesOut } from '../common/bytes.js'
import { DEFAULT_LIMIT } from '../common/paging.js'
import { EventStore } from '../store/events.store.js'
import type { EventGap, EventPage, EventRecord, EventsQuery } from './dto/event.dto.js'
import { EventLog } from './event-log.js'
import { cursorOf, type Place, placeOf, wrongPlace } from './event-place.js'
import { EventReader } from './event-reader.js'
import { eventView, type EventWanted, type EventWishes, wantedOf } from './event-view.js'

/** What is to be read, and where its words stand in the request: `/query`, `/params`. */
export interface Reading {
  readonly wishes: EventWishes
  readonly at: string
}

/** Records that were read together, and the place after them. */
export interface EventBatch {
  readonly records: readonly EventRecord[]
  readonly cursor: string
}

/** What is followed: where it began, for who is cut before the first event, and what comes. */
export interface Followed {
  readonly cursor: string
  readonly batches: AsyncGenerator<EventBatch>
}

const NDJSON = 'application/x-ndjson'
/** What happened before `until` may be written a moment after it. */
const UNTIL_GRACE_MS = 1_000
/** Longest that a timer of Node takes. */
const MOST_MS = 2 ** 31 - 1

/** What happened, to those whose objects it happened to: out of the ring, then live. */
@Injectable()
export class Events {
  constructor(
    private readonly store: EventStore,
    private readonly log: EventLog,
    private readonly authenticator: Authenticator,
  ) {}

  /** A page, the oldest first. @throws AppError INVALID_REQUEST, PERMISSION_DENIED */
  async list(grant: Grant<'SystemEvents'>, query: EventsQuery): Promise<EventPage> {
    const reading = { wishes: query, at: '/query' }
    const scope = await new EventReader(grant, this.authenticator, query.unowned ?? false).scope()
    const wanted = wantedOf(reading)
    const limit = query.limit ?? DEFAULT_LIMIT
    const items: EventRecord[] = []
    let place = await this.begin(reading, { seq: await this.store.trimmed(), time: null })
    for (;;) {
      const { rows, missed } = await this.log.read(place.seq)
      if (missed) items.push(await this.expired(place))
      for (const row of rows) {
        const record = eventView(row, scope, wanted)
        // only for one that is to be seen: a next page of nothing would tell that something happened to others
        if (record && items.length >= limit) return { items, nextCursor: cursorOf(place), cursor: cursorOf(place) }
        place = { seq: row.seq, time: row.at }
        if (record) items.push(record)
      }
      if (rows.length === 0) return { items, nextCursor: null, cursor: cursorOf(place) }
    }
  }

  /** From where it says, else from now on; ends with the signal, or at `until`. @throws as `list` */
  async follow(grant: Grant<'SystemEvents'>, reading: Reading, signal: AbortSignal): Promise<Followed> {
    const reader = new EventReader(grant, this.authenticator, reading.wishes.unowned ?? false)
    const wanted = wantedOf(reading)
    const from = await this.begin(reading, { seq: await this.log.end(), time: null })
    return { cursor: cursorOf(from), batches: this.batches(from, { reader, wanted, signal }) }
  }

  /** The same as one JSON record a line. @throws as `list` */
  async stream(grant: Grant<'SystemEvents'>, query: EventsQuery, signal: AbortSignal): Promise<BytesOut> {
    const { batches } = await this.follow(grant, { wishes: query, at: '/query' }, signal)
    return { type: NDJSON, chunks: lines(batches) }
  }

  private async *batches(
    from: Place,
    { reader, wanted, signal }: { reader: EventReader; wanted: EventWanted; signal: AbortSignal },
  ): AsyncGenerator<EventBatch> {
    const left = new AbortController()
    const until = wanted.until === undefined ? undefined : endAt(wanted.until, left.signal)
    let place = from
    try {
      for await (const { rows, missed } of this.log.follow(from.seq, { signal, until })) {
        const scope = await reader.scope()
        const records = rows.flatMap((row) => eventView(row, scope, wanted) ?? [])
        if (missed) records.unshift(await this.expired(place))
        const last = rows.at(-1)!
        place = { seq: last.seq, time: last.at }
        if (records.length > 0) yield { records, cursor: cursorOf(place) }
      }
    } finally {
      left.abort()
    }
  }

  /** After which the reading begins. @throws AppError INVALID_REQUEST */
  private async begin({ wishes: { cursor, since }, at }: Reading, otherwise: Place): Promise<Place> {
    if (cursor !== undefined) {
      const place = placeOf(cursor, `${at}/cursor`)
      if (place.seq > (await this.log.end())) throw wrongPlace(`${at}/cursor`)
      return place
    }
    const from = wantedOf({ wishes: { since }, at }).since
    if (from === undefined) return otherwise
    const [seq, trimmed, first] = [await this.store.before(from), await this.store.trimmed(), await this.store.first()]
    // older than what is kept: a place before that brings it to light
    return trimmed > 0 && first && first.at > from ? { seq: trimmed - 1, time: from } : { seq, time: null }
  }

  private async expired({ time }: Place): Promise<EventGap> {
    const first = await this.store.first()
    return { type: 'gap', from: time, to: first?.at ?? null, reason: 'expired' }
  }
}

/** Aborts a moment after the time. */
function endAt(iso: string, left: AbortSignal): AbortSignal {
  const ending = new AbortController()
  const wait = async (): Promise<void> => {
    const end = Date.parse(iso) + UNTIL_GRACE_MS
    while (Date.now() < end && !left.aborted)
      await delay(Math.min(end - Date.now(), MOST_MS), undefined, { signal: left, ref: false }).catch(() => undefined)
    ending.abort()
  }
  void wait()
  return ending.signal
}

async function* lines(batches: AsyncGenerator<EventBatch>): AsyncGenerator<Uint8Array> {
  for await (const { records } of batches) yield Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
}
