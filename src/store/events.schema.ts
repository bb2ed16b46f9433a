import type { Generated, Selectable } from 'kysely'

/** What happened, for a while: bounded by count and age. Rows are never changed. */
export interface EventsTable {
  seq: Generated<number>
  /** The engine's time, RFC 3339 with nanoseconds. */
  at: string
  /** What makes it one event, however often the engine tells it. */
  key: string
  /** Whose object it was; null for what belongs to no team. */
  team_id: string | null
  /** `gap`: what happened here is not known. */
  kind: 'container' | 'image' | 'network' | 'volume' | 'host' | 'gap'
  action: string
  /** Ownership row of the object. */
  object: string | null
  /** Full engine id; of a volume its engine name. */
  engine_id: string | null
  /** As the team called it then. */
  name: string | null
  /** JSON: what the kind of event tells beside. */
  data: string
}

/** Places in the ring of events: up to where the engine was heard, and what was removed. */
export interface EventMarksTable {
  name: string
  value: string
}

/** What one process at a time does; it is another's when its holder has not renewed it. */
export interface LeasesTable {
  name: string
  process_id: string
  until: string
}

/** Where a team wants to be told of its events. */
export interface WebhooksTable {
  id: string
  team_id: string
  url: string
  /** Sealed. */
  secret: string
  /** JSON: kinds, actions and names that are wanted. */
  wanted: string
  /** Number of the last event that was delivered, or was none of its. */
  cursor: number
  /** Where the delivery ends that was tried and not taken yet: each try is of the same events. */
  tried_to: number | null
  failures: number
  /** Not before; null while all is well. */
  next_at: string | null
  delivered_at: string | null
  /** Why the last try failed. */
  problem: string | null
  creator_id: string | null
  created_at: string
}

export type EventRow = Selectable<EventsTable>
export type WebhookRow = Selectable<WebhooksTable>
