/** Who has which Idempotency-Key, on both databases and between two gateways. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nowIso } from '../../src/common/clock.js'
import type { Database } from '../../src/store/database.js'
import { IdempotencyStore, type KeyClaim } from '../../src/store/idempotency.store.js'
import { as, adminOf, gatewayAlone, type Items } from '../accounts/support/people.js'
import type { Gateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { fresh, KINDS, type Opened } from './support/databases.js'

const SINCE = { since: '2026-01-01T00:00:00.000Z' }

function aClaim(change: Partial<KeyClaim> = {}): KeyClaim {
  const made = { process_id: 'p', fingerprint: 'f', teams: '[]', created_at: nowIso() }
  return { principal: 'user:a', key: randomUUID(), request_id: randomUUID(), ...made, ...change }
}

describe.each(KINDS)('an Idempotency-Key on the %s database', (kind) => {
  let opened: Opened
  let db: Database
  let store: IdempotencyStore

  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
    store = new IdempotencyStore(db)
  })
  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  it('is taken by exactly one of many at once, and the others see whose it is', async () => {
    const claims = Array.from({ length: 20 }, () => aClaim({ key: 'one' }))
    const taken = await Promise.all(claims.map((claim) => store.take(claim, SINCE)))
    const first = claims[taken.indexOf(null)]!
    expect(taken.filter((row) => row === null)).toHaveLength(1)
    for (const row of taken.filter((each) => each !== null)) expect(row).toMatchObject({ ...first, status: null, answer: null })
  })

  it('is each principal’s own', async () => {
    const mine = aClaim()
    expect(await store.take(mine, SINCE)).toBeNull()
    expect(await store.take({ ...mine, principal: 'user:b', request_id: 'x' }, SINCE)).toBeNull()
  })

  it('is ended once, by the request that took it', async () => {
    const claim = aClaim()
    await store.take(claim, SINCE)
    const late = { ...claim, request_id: randomUUID() }
    await store.end(late, { status: 500, size: 1, answer: '-' })
    await store.release(late)
    await store.end(claim, { status: 201, size: 3, answer: 'yes' })
    await store.end(claim, { status: 202, size: 2, answer: 'no' })
    expect(await store.take(late, SINCE)).toMatchObject({ ...claim, status: 201, answer: 'yes' })
  })

  it('that was given up is taken by one of those that come', async () => {
    const claim = aClaim()
    await store.take(claim, SINCE)
    await store.release(claim)
    const taken = await Promise.all(Array.from({ length: 8 }, () => store.take(aClaim({ key: claim.key }), SINCE)))
    expect(taken.filter((row) => row === null)).toHaveLength(1)
  })

  it('that is too old is taken anew by one of many, swept or not', async () => {
    const old = aClaim({ created_at: '2025-12-31T23:59:59.999Z' })
    await store.take(old, { since: old.created_at })
    const taken = await Promise.all(Array.from({ length: 8 }, () => store.take(aClaim({ key: old.key }), SINCE)))
    expect(taken.filter((row) => row === null)).toHaveLength(1)
    await store.take(aClaim({ created_at: old.created_at }), { since: old.created_at })
    expect([await store.trim(SINCE.since), await store.trim(SINCE.since)]).toEqual([1, 0])
  })

  it('counts what is kept of a principal', async () => {
    expect(await store.sizeOf('user:c')).toBe(0)
    for (const size of [3, 4]) {
      const claim = aClaim({ principal: 'user:c' })
      await store.take(claim, SINCE)
      await store.end(claim, { status: 200, size, answer: 'x'.repeat(size) })
    }
    expect(await store.sizeOf('user:c')).toBe(7)
  })
})

describe('two gateways on one database', () => {
  let postgres: Postgres
  let databaseUrl: string
  let one: Gateway
  let two: Gateway
  const env = { BERTH_SECRETS_KEY: 'ab'.repeat(32) }

  beforeAll(async () => {
    postgres = await Postgres.start()
    databaseUrl = await postgres.database('berth')
    one = await gatewayAlone({ databaseUrl, env })
    two = await gatewayAlone({ databaseUrl, env })
  })
  afterAll(async () => {
    await one?.stop()
    await two?.stop()
    await postgres?.stop()
  })

  it('do a write once, whichever of them it is sent to', async () => {
    const admin = await adminOf(one)
    const at = [admin, as(two, admin.accessToken)]
    for (let round = 0; round < 5; round++) {
      const key = randomUUID()
      const make = (n: number) =>
        at[n % 2]!.http.post('/me/tokens')
          .set('idempotency-key', key)
          .send({ name: key, permissions: ['containers.read'] })
      const answers = await Promise.all([0, 1, 2, 3].map(make))
      const made = answers.filter(({ status, headers }) => status === 201 && !headers['idempotency-replayed'])
      expect(made).toHaveLength(1)
      for (const n of [0, 1]) expect((await make(n).expect(201)).text).toBe(made[0]!.text)
      const { items } = await admin.ok<Items<{ name: string }>>('GET', '/me/tokens?limit=100')
      expect(items.filter(({ name }) => name === key)).toHaveLength(1)
    }
  })

  it('do not do again what they can not answer for want of the key of secrets', async () => {
    const key = randomUUID()
    const admin = await adminOf(one)
    const body = { name: key, permissions: ['containers.read'] }
    await admin.http.post('/me/tokens').set('idempotency-key', key).send(body).expect(201)
    await using third = await gatewayAlone({ databaseUrl, env: { BERTH_SECRETS_KEY: 'cd'.repeat(32) } })
    const again = as(third, admin.accessToken).http.post('/me/tokens').set('idempotency-key', key).send(body)
    expect((await again.expect(503)).body).toMatchObject({ code: 'secrets_key_missing' })
  })
})
