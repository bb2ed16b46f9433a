import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/store/database.js'
import { EventStore, type NewEvent } from '../../src/store/events.store.js'
import { LeaseStore } from '../../src/store/leases.store.js'
import { ProcessStore } from '../../src/store/processes.store.js'
import { fresh, KINDS, type Opened } from '../store/support/databases.js'

const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000000000Z`

function anEvent(change: Partial<NewEvent> = {}): NewEvent {
  const nothing = { team_id: null, object: null, engine_id: null, name: null, data: '{}' }
  return { at: at(0), key: randomUUID(), kind: 'host', action: 'reload', ...nothing, ...change }
}

describe.each(KINDS)('on the %s database', (kind) => {
  let opened: Opened
  let db: Database
  let store: EventStore

  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
    store = new EventStore(db)
  })
  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  it('keeps events in the order in which they were written, each once, and where the engine was heard up to', async () => {
    expect(await store.last()).toBe(0)
    expect(await store.heard()).toBeNull()
    const [one, two] = [anEvent({ at: at(1) }), anEvent({ at: at(2), object: 'x', name: 'a' })]
    const rows = await store.append([one, two, one], { key: two.key, nano: '17' })
    expect(rows.map(({ key }) => key)).toEqual([one.key, two.key])
    expect(await store.append([two], { key: two.key, nano: '18' })).toEqual([])
    expect(await store.heard()).toEqual({ key: two.key, nano: '18' })
    const three = anEvent({ at: at(3), object: 'x', name: 'b' })
    await store.append([three])
    expect((await store.after(0, 10)).map(({ key }) => key)).toEqual([one.key, two.key, three.key])
    expect((await store.after(rows[0]!.seq, 1)).map(({ key }) => key)).toEqual([two.key])
    expect(await store.lastOf('x')).toMatchObject({ name: 'b' })
    expect(await store.before(at(2))).toBe(rows[1]!.seq - 1)
    expect(await store.before(at(9))).toBe(await store.last())
  })

  it('gives out numbers in the order in which they can be read, whoever writes', async () => {
    const from = await store.last()
    const written = Promise.all(Array.from({ length: 40 }, () => store.append([anEvent(), anEvent()])))
    const seen: number[] = []
    for (let done = false; !done;) {
      done = await Promise.race([written.then(() => true), new Promise<boolean>((next) => setImmediate(() => next(false)))])
      for (const { seq } of await store.after(seen.at(-1) ?? from, 1_000)) seen.push(seq)
    }
    expect(seen).toEqual((await store.after(from, 1_000)).map(({ seq }) => seq))
    expect(seen.length).toBe(80)
  })

  it('is trimmed by number and by age, remembers what is gone, and keeps the newest', async () => {
    expect(await store.trimmed()).toBe(0)
    await store.append([anEvent({ at: at(10) }), anEvent({ at: at(11) }), anEvent({ at: at(12) })])
    const last = await store.last()
    await store.trim(1_000, at(0))
    expect(await store.trimmed()).toBe(0)
    await store.trim(2, at(0))
    expect((await store.after(0, 100)).map((row) => row.at)).toEqual([at(11), at(12)])
    expect(await store.trimmed()).toBe((await store.first())!.seq - 1)
    await store.trim(2, at(50))
    expect((await store.after(0, 100)).map((row) => row.seq)).toEqual([last])
    await store.append([anEvent()])
    expect(await store.last()).toBeGreaterThan(last)
  })

  it('has leases of one holder', async () => {
    const [one, two] = [new LeaseStore(db, new ProcessStore(db)), new LeaseStore(db, new ProcessStore(db))]
    expect(await one.take('x', 60_000)).toBe(true)
    expect(await one.take('x', 60_000)).toBe(true)
    // the embedded database has one process at a time: what is left is nobody's
    expect(await two.take('x', 60_000)).toBe(kind === 'embedded')
    expect(await two.take('y', 60_000)).toBe(true)
    await two.leave('x')
    expect(await two.take('x', 60_000)).toBe(kind === 'embedded')
    await one.leave('x')
    expect(await two.take('x', 60_000)).toBe(true)
    expect(await two.take('z', -1)).toBe(true)
    expect(await one.take('z', 60_000)).toBe(true)
  })
})
