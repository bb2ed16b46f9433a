/**
 * A creation whose answer is lost, and that the engine gets to after all: the container is its team's, on its team's volumes,
 * however long that took.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Reconciler } from '../../src/ownership/reconciler.js'
import { Database } from '../../src/store/database.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { BASE_IMAGE, type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { claimedBy, containersOf, inspect, until } from './support/engine.js'
import { HeldEngine } from './support/held-engine.js'

let engine: HeldEngine
let s: Scenario
let alpha: Team
let ann: Actor
let release: () => void
beforeAll(async () => {
  engine = await HeldEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'maintainer' })
})
afterEach(async () => {
  engine.late = null
  for (const { name } of await containers()) await ann.ok('DELETE', `/containers/${name}?force=true&volumes=true`)
  for (const { name } of await volumes()) await ann.ok('DELETE', `/volumes/${name}`)
})
afterAll(async () => {
  await s?.end()
  await engine?.stop()
})

const containers = async () => (await ann.ok<{ items: { id: string; name: string }[] }>('GET', '/containers?all=true')).items
const volumes = async () => (await ann.ok<{ items: { name: string; usedBy: string[] }[] }>('GET', '/volumes')).items
const reconcile = () => s.gateway.app.get(Reconciler, { strict: false }).pass()
/** Of what this gateway has made, or was asked for. */
const unowned = async () => {
  const { items } = await s.admin.ok<{ items: { id: string; name: string; quarantined: boolean }[] }>('GET', '/unowned?limit=1000')
  const ours = await claimedBy(s)
  return items.filter(({ id, name, quarantined }) => (quarantined && ours.has(id)) || name.startsWith(`${alpha.name}--`))
}
const MOUNTS = [
  { type: 'volume', source: 'data', target: '/data' },
  { type: 'volume', target: '/own' },
]

/** Asks for it, and is told that nobody knows what came of it. */
async function ask(more: object): Promise<void> {
  engine.late = new Promise((done) => (release = () => done(undefined)))
  const { body } = await ann.http.post('/containers').send({ image: BASE_IMAGE, command: ['sleep', '60'], mounts: MOUNTS, ...more })
  const { items = [{ error: body }] } = body as { items?: { error: { code: string } }[] }
  expect(items.map(({ error }) => error.code)).toEqual(items.map(() => 'engine_unavailable'))
  engine.late = null
  await until('the engine to be known as up', async () => (await ann.http.get('/volumes/data')).status === 200)
}

async function endLeases(): Promise<void> {
  const db = s.gateway.app.get(Database, { strict: false })
  await db
    .updateTable('ownership')
    .set({ lease_until: new Date(0).toISOString() })
    .where('state', '=', 'pending')
    .execute()
  await reconcile()
}

async function arrive(count = 1): Promise<void> {
  release()
  await until('the engine to make it', async () => (await containersOf(alpha)).length === count)
  await until('it to be the team’s', async () => {
    await reconcile()
    return (await containers()).length === count
  })
}

async function assertWhole(): Promise<void> {
  const [slow] = await containers()
  expect(slow?.name).toBe('slow')
  expect((await volumes()).map(({ usedBy }) => usedBy)).toEqual([['slow'], ['slow']])
  const { mounts } = await ann.ok<{ mounts: { name: string | null; destination: string }[] }>('GET', '/containers/slow')
  expect(mounts.find(({ destination }) => destination === '/data')?.name).toBe('data')
  expect(mounts.find(({ destination }) => destination === '/own')?.name).toMatch(/^[0-9a-f]{32}$/)
  expect(await unowned()).toEqual([])
  expect((await inspect(slow!.id)).Name).toBe(`/${alpha.name}--slow`)
}

it('within its lease is completed', async () => {
  await ask({ name: 'slow' })
  await arrive()
  await assertWhole()
})

it('after its lease is the team’s all the same', async () => {
  await ask({ name: 'slow' })
  await endLeases()
  await arrive()
  await assertWhole()
  await ann.ok('POST', '/containers/slow/start')
})

it.each([
  ['within', () => undefined],
  ['after', endLeases],
])('%s its lease has the volume that the team removed meanwhile, made again', async (_, end) => {
  await ask({ name: 'slow', mounts: [MOUNTS[0]] })
  await ann.ok('DELETE', '/volumes/data')
  await end()
  await arrive()
  expect(await volumes()).toMatchObject([{ name: 'data', usedBy: ['slow'] }])
  expect(await unowned()).toEqual([])
})

it('has no volume that the host’s operator made meanwhile', async () => {
  await ask({ name: 'slow', mounts: [MOUNTS[0]] })
  await ann.ok('DELETE', '/volumes/data')
  const name = `${alpha.name}--data`
  await engineCall(bed().socketPath, 'POST', '/volumes/create', { Name: name })
  // the engine tells the time of a volume in whole seconds
  await new Promise((done) => setTimeout(done, 1_100))
  await arrive()
  expect(await volumes()).toEqual([])
  expect((await unowned()).map((item) => item.name)).toEqual([name])
  await ann.ok('DELETE', '/containers/slow')
  await engineCall(bed().socketPath, 'DELETE', `/volumes/${name}`)
})

it('of several keeps the volume for all of them', async () => {
  await ask({ name: 'slow', count: 2 })
  await arrive(2)
  expect(await volumes()).toContainEqual(expect.objectContaining({ name: 'data', usedBy: ['slow-1', 'slow-2'] }))
  expect(await unowned()).toEqual([])
})

it('stays in quarantine while its name is another’s, and is its team’s when that goes', async () => {
  await ask({ name: 'slow', mounts: [MOUNTS[0]] })
  await endLeases()
  await ann.ok('POST', '/containers', { image: BASE_IMAGE, name: 'fast' })
  await ann.ok('POST', '/containers/fast/rename', { name: 'slow' })
  await ann.ok('POST', '/containers/slow/rename', { name: 'other' })
  const store = s.gateway.app.get(OwnershipStore, { strict: false })
  const [other] = await store.byName('container', 'other', { teamIds: [alpha.id] })
  await store.rename(other!.uid, 'slow')
  release()
  await until('the engine to make it', async () => (await containersOf(alpha)).length === 2)
  await until('quarantine', async () => (await unowned()).some(({ quarantined }) => quarantined))
  await reconcile()
  expect((await containers()).map(({ name }) => name)).toEqual(['slow'])
  await store.rename(other!.uid, 'other')
  await reconcile()
  expect((await containers()).map(({ name }) => name).sort()).toEqual(['other', 'slow'])
})
