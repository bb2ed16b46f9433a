import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { IdempotencyRow } from './idempotency.schema.js'

/** A request that takes a key. */
export type KeyClaim = Pick<IdempotencyRow, 'principal' | 'key' | 'fingerprint' | 'teams' | 'request_id' | 'process_id' | 'created_at'>

/** What becomes of a request that was done. */
export type KeyEnd = Pick<IdempotencyRow, 'status' | 'size' | 'answer'>

/** Which request has which Idempotency-Key. Answers are sealed before they come here. */
@Injectable()
export class IdempotencyStore {
  constructor(private readonly db: Database) {}

  /** Takes the key: null for exactly one of several requests, among all processes; the others get the row of that one. */
  async take(claim: KeyClaim, { since }: { since: string }): Promise<IdempotencyRow | null> {
    const done = await this.db
      .insertInto('idempotency_keys')
      .values({ ...claim, status: null, size: 0, answer: null })
      .onConflict((c) => c.columns(['principal', 'key']).doNothing())
      .executeTakeFirst()
    if (done.numInsertedOrUpdatedRows === 1n) return null
    const { principal, key } = claim
    const rows = this.db.selectFrom('idempotency_keys').selectAll().where('principal', '=', principal)
    const there = await rows.where('key', '=', key).executeTakeFirst()
    if (there && there.created_at >= since) return there
    // given up in between, or too old to count
    if (there) await this.release(there)
    return this.take(claim, { since })
  }

  /** Only the request that took the key ends it, and once. */
  async end({ principal, key, request_id: mine }: KeyClaim, end: KeyEnd): Promise<void> {
    const rows = this.db.updateTable('idempotency_keys').set(end).where('principal', '=', principal).where('key', '=', key)
    await rows.where('request_id', '=', mine).where('status', 'is', null).execute()
  }

  /** The key is free again, unless another request has taken it since. */
  async release({ principal, key, request_id: mine }: Pick<IdempotencyRow, 'principal' | 'key' | 'request_id'>): Promise<void> {
    const rows = this.db.deleteFrom('idempotency_keys').where('principal', '=', principal).where('key', '=', key)
    await rows.where('request_id', '=', mine).execute()
  }

  /** Characters of all answers that are kept for a principal. */
  async sizeOf(principal: string): Promise<number> {
    const rows = this.db.selectFrom('idempotency_keys').where('principal', '=', principal)
    const { size } = await rows.select((eb) => eb.fn.sum<number | string | null>('size').as('size')).executeTakeFirstOrThrow()
    return Number(size ?? 0)
  }

  /** Removes what is older, and answers how many rows. */
  async trim(before: string): Promise<number> {
    const done = await this.db.deleteFrom('idempotency_keys').where('created_at', '<', before).executeTakeFirst()
    return Number(done.numDeletedRows)
  }
}
