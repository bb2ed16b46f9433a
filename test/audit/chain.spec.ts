import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { itemOf } from '../../src/audit/dto/audit.dto.js'
import { toVerification } from '../../src/audit/audit.service.js'
import { verifyExport, verifyStored } from '../../src/audit/verify.js'
import { recordHash } from '../../src/common/audit-chain.js'
import type { AuditStore } from '../../src/store/audit.store.js'
import type { Database } from '../../src/store/database.js'
import { fresh, KINDS, type Opened } from '../store/support/databases.js'
import { aRecord, aWriter, emptied, threeChains } from './support/log.js'

type Ids = readonly [string, string, string]

async function exported(store: AuditStore): Promise<string[]> {
  return (await store.readOn({ after: 0, limit: 10_000 })).map((row) => JSON.stringify(itemOf(row)))
}

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

describe.each(KINDS)('the audit chain on the %s database', (kind) => {
  let opened: Opened
  let db: Database
  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
  })
  afterEach(() => emptied(db))
  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  const at = (writer: string, place: number) =>
    db.selectFrom('audit').selectAll().where('process_id', '=', writer).where('chain_seq', '=', place).executeTakeFirstOrThrow()
  const verdict = async (store: AuditStore) => toVerification(await verifyStored(store))
  const found = async (store: AuditStore) => {
    const { intact, faults } = await verdict(store)
    return { intact, first: faults[0] && [faults[0].writer, faults[0].place, faults[0].reason] }
  }

  it('is intact as it was written, also by several at once', async () => {
    const writers = [aWriter(db), aWriter(db)]
    await Promise.all(
      writers.flatMap(({ store }) => Array.from({ length: 150 }, (_, n) => store.append(aRecord({ target: `ä ${n} 名前 \u2028 "\\` })))),
    )
    const { intact, records, chains } = await verdict(writers[0]!.store)
    expect({ intact, records }).toEqual({ intact: true, records: 300 })
    expect(chains.map(({ firstPlace, lastPlace }) => [firstPlace, lastPlace])).toEqual([
      [1, 150],
      [1, 150],
    ])
    const rows = await writers[0]!.store.ofChain(writers[0]!.id, { after: 0, last: 150, limit: 500 })
    expect(rows.map(({ chain_seq }) => chain_seq)).toEqual(Array.from({ length: 150 }, (_, n) => n + 1))
  })

  it('is the same after a text that a database would not give back as it was', async () => {
    const { store } = aWriter(db)
    await store.append(aRecord({ target: 'half \ud83d of a pair', principal_name: 'nul \0 in it' }))
    expect(await found(store)).toEqual({ intact: true, first: undefined })
  })

  it('takes the records that came together with one that the database refuses', async () => {
    const { store, id } = aWriter(db)
    await store.append(aRecord())
    const bad = aRecord({ principal_name: null as never })
    const results = await Promise.allSettled([aRecord(), bad, aRecord(), bad, aRecord()].map((record) => store.append(record)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    await store.append(aRecord())
    expect(await found(store)).toEqual({ intact: true, first: undefined })
    expect((await at(id, 5)).chain_seq).toBe(5)
  })

  it('goes on where the database says that it ended', async () => {
    const { store, id } = aWriter(db)
    await store.append(aRecord())
    // as after a commit whose answer was lost
    const last = await at(id, 1)
    const row = { ...aRecord(), process_id: id, chain_seq: 2 }
    const hash = recordHash(last.hash, row)
    await db
      .insertInto('audit')
      .values({ ...row, previous: last.hash, hash })
      .execute()
    await db.updateTable('audit_chains').set({ last_seq: 2, head: hash }).where('writer', '=', id).execute()
    await expect(store.append(aRecord())).rejects.toThrow()
    await store.append(aRecord())
    expect(await found(store)).toEqual({ intact: true, first: undefined })
  })

  it.each<[string, (ids: Ids) => Promise<unknown>, (ids: Ids) => [string, number, string]]>([
    [
      'a record that was changed',
      ([, id]) => db.updateTable('audit').set({ principal_name: 'bob' }).where('process_id', '=', id).where('chain_seq', '=', 3).execute(),
      ([, id]) => [id, 3, 'the record was changed'],
    ],
    [
      'a record that was changed together with its hash',
      async ([, id]) => {
        const row = { ...(await at(id, 3)), result: 'denied' }
        await db
          .updateTable('audit')
          .set({ result: 'denied', hash: recordHash(row.previous, row) })
          .where('seq', '=', row.seq)
          .execute()
      },
      ([, id]) => [id, 4, 'the record does not follow the one before it'],
    ],
    [
      'a record that was removed',
      ([id]) => db.deleteFrom('audit').where('process_id', '=', id).where('chain_seq', '=', 2).execute(),
      ([id]) => [id, 2, 'the record is missing'],
    ],
    [
      'the first record removed',
      ([id]) => db.deleteFrom('audit').where('process_id', '=', id).where('chain_seq', '=', 1).execute(),
      ([id]) => [id, 1, 'the record is missing'],
    ],
    [
      'the end removed',
      ([, , id]) => db.deleteFrom('audit').where('process_id', '=', id).where('chain_seq', '>', 3).execute(),
      ([, , id]) => [id, 4, 'the records from here to 5 are missing'],
    ],
    [
      'the end of an older chain removed together with its anchor',
      async ([id]) => {
        await db.deleteFrom('audit').where('process_id', '=', id).where('chain_seq', '>', 3).execute()
        const { hash } = await at(id, 3)
        await db.updateTable('audit_chains').set({ last_seq: 3, head: hash }).where('writer', '=', id).execute()
      },
      ([id]) => [id, 4, 'the records from here to 5 are missing'],
    ],
    [
      'a whole chain removed',
      async ([, id]) => {
        await db.deleteFrom('audit').where('process_id', '=', id).execute()
        await db.deleteFrom('audit_chains').where('writer', '=', id).execute()
      },
      ([, id]) => [id, 1, 'the whole chain is missing'],
    ],
    [
      'the anchor of a chain removed',
      ([, , id]) => db.deleteFrom('audit_chains').where('writer', '=', id).execute(),
      ([, , id]) => [id, 1, 'the record is in no chain'],
    ],
    [
      'a record put in beside the chains',
      () =>
        db
          .insertInto('audit')
          .values({ ...aRecord(), process_id: 'nobody', chain_seq: 1, previous: 'x', hash: 'y' })
          .execute(),
      () => ['nobody', 1, 'the record is in no chain'],
    ],
    [
      'a record put in at the end of a chain',
      async ([id]) => {
        const { hash: previous } = await at(id, 5)
        const row = { ...aRecord(), process_id: id, chain_seq: 6 }
        await db
          .insertInto('audit')
          .values({ ...row, previous, hash: recordHash(previous, row) })
          .execute()
      },
      ([id]) => [id, 6, 'the record is in no chain'],
    ],
    [
      'the oldest records removed as retention would, but by hand',
      async ([id]) => {
        const { hash } = await at(id, 2)
        await db.deleteFrom('audit').where('process_id', '=', id).where('chain_seq', '<=', 2).execute()
        await db.updateTable('audit_chains').set({ first_seq: 3, base: hash }).where('writer', '=', id).execute()
      },
      ([id]) => [id, 2, 'records were removed up to here, and not by retention'],
    ],
    [
      'an anchor that forgot what came before',
      ([, , id]) => db.updateTable('audit_chains').set({ parents: '[]' }).where('writer', '=', id).execute(),
      ([, , id]) => [id, 1, 'the beginning of the chain was changed'],
    ],
  ])('names the first bad record of %s', async (_, falsify, first) => {
    const { store, ids } = await threeChains(db)
    expect(await found(store)).toEqual({ intact: true, first: undefined })
    await falsify(ids)
    expect(await found(store)).toEqual({ intact: false, first: first(ids) })
  })

  it('shows a history that was written anew by what somebody kept', async () => {
    const { store, ids } = await threeChains(db)
    const kept = toVerification(await verifyStored(store)).chains.map(({ writer, lastPlace: seq, head: hash }) => ({ writer, seq, hash }))
    await store.append(aRecord())
    expect((await verifyStored(store, kept)).intact).toBe(true)
    // consistent in itself: the last record is another one, and so is the anchor
    const [, , id] = ids
    const [fifth, sixth] = [{ ...(await at(id, 5)), principal_name: 'bob' }, await at(id, 6)]
    const hash = recordHash(fifth.previous, fifth)
    const head = recordHash(hash, sixth)
    await db.updateTable('audit').set({ principal_name: 'bob', hash }).where('seq', '=', fifth.seq).execute()
    await db.updateTable('audit').set({ previous: hash, hash: head }).where('seq', '=', sixth.seq).execute()
    await db.updateTable('audit_chains').set({ head }).where('writer', '=', id).execute()
    expect((await verifyStored(store)).intact).toBe(true)
    const [fault] = (await verifyStored(store, kept)).faults
    expect([fault?.writer, fault?.place, fault?.reason]).toEqual([id, 5, 'another record was here before'])
  })

  describe('under retention', () => {
    const old = '2026-01-01T00:00:00.000Z'
    const attest = (digest: string) =>
      aRecord({ operation: 'AuditRetention', principal_id: null, principal_name: 'system', target: digest })

    it('stays verifiable when its oldest records go, again and again', async () => {
      const writers = [aWriter(db), aWriter(db)]
      for (const { store } of writers) {
        for (let n = 0; n < 3; n++) await store.append(aRecord({ at: `2025-0${n + 1}-01T00:00:00.000Z` }))
        await store.append(aRecord())
      }
      const [{ store, id }, other] = writers as [(typeof writers)[0], (typeof writers)[0]]
      expect(await store.trim('2025-02-15T00:00:00.000Z', attest)).toBe(4)
      expect(await found(store)).toEqual({ intact: true, first: undefined })
      expect(await other.store.trim(old, attest)).toBe(2)
      expect(await store.trim(old, attest)).toBe(0)
      const { intact, records, chains } = await verdict(store)
      expect({ intact, records }).toEqual({ intact: true, records: 4 })
      expect(chains.map(({ firstPlace, lastPlace }) => [firstPlace, lastPlace])).toEqual([
        [4, 5],
        [4, 5],
      ])
      await store.append(aRecord())
      expect((await at(id, 6)).previous).toBe((await at(id, 5)).hash)
    })

    it('still knows of a chain that is gone altogether', async () => {
      const [first, second] = [aWriter(db), aWriter(db)]
      await first.store.append(aRecord({ at: '2025-01-01T00:00:00.000Z' }))
      await second.store.append(aRecord())
      expect(await second.store.trim(old, attest)).toBe(1)
      expect(await found(second.store)).toEqual({ intact: true, first: undefined })
      await db.deleteFrom('audit_chains').where('writer', '=', first.id).execute()
      expect(await found(second.store)).toEqual({ intact: false, first: [first.id, 1, 'the whole chain is missing'] })
    })

    it('shows a removal that came after the last retention', async () => {
      const { store, id } = aWriter(db)
      for (let n = 0; n < 3; n++) await store.append(aRecord({ at: '2025-01-01T00:00:00.000Z' }))
      await store.trim(old, attest)
      await store.append(aRecord())
      const { hash } = await at(id, 4)
      await db.deleteFrom('audit').where('process_id', '=', id).where('chain_seq', '<=', 4).execute()
      await db.updateTable('audit_chains').set({ first_seq: 5, base: hash }).where('writer', '=', id).execute()
      expect(await found(store)).toEqual({ intact: false, first: [id, 4, 'records were removed up to here, and not by retention'] })
    })
  })

  describe('as an export', () => {
    it('is intact, whole or from some time on', async () => {
      const { store } = await threeChains(db)
      const lines = await exported(store)
      expect(await verifyExport(linesOf(lines))).toMatchObject({ intact: true, records: 15, faults: [] })
      expect(await verifyExport(linesOf(lines.slice(7)))).toMatchObject({ intact: true, records: 8 })
    })

    it.each<[string, (lines: string[]) => string[], number, string]>([
      [
        'a changed record',
        (lines) => lines.map((line, n) => (n === 7 ? line.replace('"ann"', '"bob"') : line)),
        3,
        'the record was changed',
      ],
      ['a missing record', (lines) => lines.toSpliced(6, 1), 2, 'the record is missing'],
      ['a record that is there twice', (lines) => lines.toSpliced(7, 0, lines[5]!), 1, 'the record is there twice'],
    ])('names the first bad record of %s', async (_, falsify, place, reason) => {
      const { store, ids } = await threeChains(db)
      const { intact, faults } = await verifyExport(linesOf(falsify(await exported(store))))
      expect([intact, faults[0]?.writer, faults[0]?.place, faults[0]?.reason]).toEqual([false, ids[1], place, reason])
    })

    it('that was cut off shows by what was kept', async () => {
      const { store, ids } = await threeChains(db)
      const kept = (await verifyStored(store)).chains.map(({ writer, lastSeq: seq, head: hash }) => ({ writer, seq, hash }))
      const lines = await exported(store)
      expect((await verifyExport(linesOf(lines), kept)).intact).toBe(true)
      const { faults } = await verifyExport(linesOf(lines.slice(0, 14)), kept)
      expect([faults[0]?.writer, faults[0]?.place, faults[0]?.reason]).toEqual([ids[2], 5, 'the record is missing'])
    })
  })
})
