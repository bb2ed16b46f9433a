import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/store/database.js'
import { type HostPort, HostPortStore } from '../../src/store/host-ports.store.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { TeamStore } from '../../src/store/teams.store.js'
import { aRow, aTeam, fresh, KINDS, type Opened } from './support/databases.js'

/** Refuses what is taken, whatever the address. */
const wanting =
  (...wanted: HostPort[]) =>
  (taken: readonly HostPort[]) => {
    if (taken.some(({ port }) => wanted.some((each) => each.port === port))) throw new Error('taken')
    return wanted
  }

describe.each(KINDS)('host ports on the %s database', (kind) => {
  let opened: Opened
  let handles: Database[]

  beforeAll(async () => {
    opened = await fresh(kind)
    // the embedded database belongs to one process alone
    handles = kind === 'embedded' ? [await opened.open()] : [await opened.open(), await opened.open()]
  })
  afterAll(async () => {
    for (const db of handles ?? []) await db.destroy()
    await opened?.close()
  })

  const container = async () => {
    const team = aTeam()
    await new TeamStore(handles[0]!).insert(team)
    const row = aRow(team.id)
    await new OwnershipStore(handles[0]!).insert(row)
    return row.uid
  }
  const port = (number: number): HostPort => ({ ip: '0.0.0.0', port: number, protocol: 'tcp' })

  it('belong to one container, whoever asks at the same time', async () => {
    const uids = await Promise.all(Array.from({ length: 12 }, container))
    const stores = handles.map((db) => new HostPortStore(db))
    const tries = uids.map((uid, at) => stores[at % stores.length]!.reserve(uid, wanting(port(8080))))
    const done = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled')
    expect(done).toHaveLength(1)
    expect(await stores[0]!.taken()).toEqual([port(8080)])
  })

  it('are free again with the end of the container, and not a moment before', async () => {
    const store = new HostPortStore(handles[0]!)
    const [first, second] = [await container(), await container()]
    await store.reserve(first, wanting(port(9090)))
    await expect(store.reserve(second, wanting(port(9090)))).rejects.toThrow('taken')
    await new OwnershipStore(handles[0]!).end(first)
    expect(await store.taken()).not.toContainEqual(port(9090))
    expect(await store.reserve(second, wanting(port(9090)))).toEqual([port(9090)])
  })

  it('are all taken or none', async () => {
    const store = new HostPortStore(handles[0]!)
    const uid = await container()
    await store.reserve(uid, wanting(port(7001)))
    await expect(store.reserve(await container(), wanting(port(7000), port(7001)))).rejects.toThrow('taken')
    expect(await store.taken()).not.toContainEqual(port(7000))
  })
})
