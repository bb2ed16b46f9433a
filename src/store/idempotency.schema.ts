import type { Selectable } from 'kysely'

/** A request that came with an Idempotency-Key: taken by its first, and answered from here to those that repeat it. */
export interface IdempotencyKeysTable {
  /** Whose key it is: `user:<id>`, or `token:<id>` where a token narrows what its owner may. */
  principal: string
  key: string
  /** SHA-256 of what was asked, sealed: a password in it could be guessed from the hash alone. */
  fingerprint: string
  /** JSON list: ids of the teams that it was about. */
  teams: string
  /** Of the first, which alone ends the row. */
  request_id: string
  process_id: string
  created_at: string
  /** Null while the first runs, or where its process ended before its answer. */
  status: number | null
  /** Of the sealed answer, in characters. */
  size: number
  /** Sealed; null where it was not kept. */
  answer: string | null
}

export type IdempotencyRow = Selectable<IdempotencyKeysTable>
