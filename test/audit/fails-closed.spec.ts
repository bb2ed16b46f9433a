/** What can't be recorded does not happen: with a database that takes no more. */
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { verifyStored } from '../../src/audit/verify.js'
import { AuditStore } from '../../src/store/audit.store.js'
import { Database } from '../../src/store/database.js'
import { KINDS } from '../store/support/databases.js'
import { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { adminOf, gatewayAlone } from '../accounts/support/people.js'

describe.each(KINDS)('on the %s database', (kind) => {
  let postgres: Postgres | undefined
  let gateway: Gateway
  let admin: Actor
  let db: Database
  let release: () => Promise<unknown> = () => Promise.resolve()

  beforeAll(async () => {
    postgres = kind === 'postgres' ? await Postgres.start() : undefined
    const databaseUrl = await postgres?.database('berth')
    gateway = await gatewayAlone(databaseUrl === undefined ? {} : { databaseUrl })
    admin = await adminOf(gateway)
    db = gateway.app.get(Database, { strict: false })
  })
  afterEach(async () => {
    await release()
    release = () => Promise.resolve()
  })
  afterAll(async () => {
    await gateway?.stop()
    await postgres?.stop()
  })

  const teams = async () => (await admin.ok<{ items: { name: string }[] }>('GET', '/teams')).items.length
  const tryToMake = () => admin.http.post('/teams').send({ name: `t-${randomUUID().slice(0, 8)}` })

  /** The audit log takes nothing; everything else may still be read. */
  async function fill(): Promise<void> {
    if (kind === 'embedded') {
      // SQLITE_FULL is what a full disk is to it. Free pages are taken first: the log grows until it can't.
      const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db)
      await sql`pragma max_page_count = ${sql.lit(rows[0]!.page_count)}`.execute(db)
      release = () => sql`pragma max_page_count = 1073741823`.execute(db)
      for (let left = 500; left > 0; left--) if ((await tryToMake()).status === 503) return
      throw new Error('the database did not fill up')
    }
    const client = await postgres!.query('berth', 'select 1').then(() => db)
    const { promise, resolve } = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const holder = client.transaction().execute(async (tx) => {
      await sql`lock table audit in access exclusive mode`.execute(tx)
      locked.resolve()
      await promise
    })
    release = () => (resolve(), holder)
    await locked.promise
  }

  it('changes nothing while the log can not be written, and goes on by itself when it can', async () => {
    await fill()
    const before = await teams()
    const answers = await Promise.all([tryToMake(), tryToMake()])
    expect(answers.map(({ status, body }) => [status, (body as { code: string }).code])).toEqual([
      [503, 'audit_unavailable'],
      [503, 'audit_unavailable'],
    ])
    // a denial that can't be recorded is none either: the answer does not tell what it would have been
    expect((await admin.http.get('/teams/no-such-team')).status).toBe(503)
    expect(await teams()).toBe(before)
    await release()
    release = () => Promise.resolve()
    expect((await tryToMake()).status).toBe(201)
    expect(await teams()).toBe(before + 1)
    expect((await verifyStored(gateway.app.get(AuditStore, { strict: false }))).faults).toEqual([])
  })
})
