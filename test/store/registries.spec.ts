import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, isUniqueViolation } from '../../src/store/database.js'
import { RegistryStore } from '../../src/store/registries.store.js'
import type { RegistryRow } from '../../src/store/schema.js'
import { TeamStore } from '../../src/store/teams.store.js'
import { AT, aTeam, fresh, KINDS, LATER, type Opened } from './support/databases.js'

describe.each(KINDS)('registries on the %s database', (kind) => {
  let opened: Opened
  let db: Database
  let store: RegistryStore

  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
    store = new RegistryStore(db)
  })
  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  const team = async () => {
    const row = aTeam()
    await new TeamStore(db).insert(row)
    return row.id
  }
  const row = (team_id: string, address: string, change: Partial<RegistryRow> = {}): RegistryRow => ({
    id: randomUUID(),
    team_id,
    name: address,
    url: `http://${address}`,
    address,
    username: null,
    password: null,
    token_host: null,
    ca_certificate: null,
    login: 'none',
    creator_id: null,
    created_at: AT,
    updated_at: AT,
    ...change,
  })

  it('have each name and each address once in a team, and the error tells which of them', async () => {
    const [one, two] = [await team(), await team()]
    await store.insert(row(one, 'a:1'))
    await store.insert(row(two, 'a:1'))
    const failure = (insert: RegistryRow) =>
      store.insert(insert).then(
        () => null,
        (error: unknown) => error,
      )
    const [address, name] = [await failure(row(one, 'a:1', { name: 'other' })), await failure(row(one, 'b:1', { name: 'a:1' }))]
    expect([isUniqueViolation(address), isUniqueViolation(name)]).toEqual([true, true])
    expect([String(address).includes('address'), String(name).includes('address')]).toEqual([true, false])
  })

  it('are found in their own team alone', async () => {
    const [one, two] = [await team(), await team()]
    await store.insert(row(one, 'c:1'))
    expect(await store.byAddress(one, 'c:1')).toMatchObject({ address: 'c:1' })
    expect(await store.byAddress(two, 'c:1')).toBeNull()
    expect(await store.inTeams({ teamIds: [two] })).toEqual([])
    expect(await store.inTeams({ teamIds: [] })).toEqual([])
  })

  it('are changed only by who has read the last change', async () => {
    const read = row(await team(), 'd:1', { username: 'u', password: 'sealed' })
    await store.insert(read)
    expect(await store.update(read, { name: 'first', updated_at: LATER })).toBe(true)
    expect(await store.update(read, { name: 'second', updated_at: LATER })).toBe(false)
    await store.reseal({ ...read, password: 'another' }, 'resealed')
    expect(await store.find(read.id)).toMatchObject({ name: 'first', password: 'sealed' })
    await store.reseal(read, 'resealed')
    expect((await store.sealed()).map(({ password }) => password)).toEqual(['resealed'])
  })

  it('go with their team, and come into none that is gone', async () => {
    const id = await team()
    await store.insert(row(id, 'e:1'))
    expect(await new TeamStore(db).close(id, LATER)).toBe(0)
    expect(await store.byAddress(id, 'e:1')).toBeNull()
    await expect(store.insert(row(id, 'e:1'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
