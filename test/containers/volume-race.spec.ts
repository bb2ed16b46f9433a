/**
 * A volume that goes between its look-up and the creation that mounts it: the engine would make another of the same name, with
 * no label of ours, and the container would write into what belongs to nobody.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { BASE_IMAGE, type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { containersOf, volumeNames } from './support/engine.js'
import { HeldEngine } from './support/held-engine.js'

let engine: HeldEngine
let s: Scenario
let alpha: Team
let ann: Actor
beforeAll(async () => {
  engine = await HeldEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterEach(() => {
  engine.before = null
})
afterAll(async () => {
  await s?.end()
  await engine?.stop()
})

const create = (more: object = {}) =>
  ann.http.post('/containers').send({ image: BASE_IMAGE, mounts: [{ type: 'volume', source: 'data', target: '/data' }], ...more })
const own = async (): Promise<string[]> => (await volumeNames()).filter((name) => name.startsWith(`${alpha.name}--`))

it('is told as a conflict, and neither the container nor the volume of nobody is left', async () => {
  await ann.ok('POST', '/volumes', { name: 'data' })
  engine.before = () => ann.http.delete('/volumes/data').expect(204)
  const { body } = await create().expect(409)
  expect(body).toMatchObject({ code: 'conflict', detail: 'conflict: the volume data was removed while the container was made' })
  expect(await containersOf(alpha)).toEqual([])
  expect(await own()).toEqual([])
  engine.before = null
  // the name is free
  await ann.ok('POST', '/volumes', { name: 'data' })
  await ann.ok('DELETE', '/volumes/data')
})

it('goes for all that mount it at once, and each is told', async () => {
  await ann.ok('POST', '/volumes', { name: 'data' })
  let removal: Promise<unknown> | undefined
  engine.before = () => (removal ??= ann.http.delete('/volumes/data').then(() => undefined))
  const { body } = await create({ count: 3 }).expect(201)
  const { items } = body as { items: { error?: { code: string } }[] }
  expect(items.map(({ error }) => error?.code)).toEqual(['conflict', 'conflict', 'conflict'])
  expect(await containersOf(alpha)).toEqual([])
  expect(await own()).toEqual([])
})

it('does not matter where the team has made it again meanwhile', async () => {
  await ann.ok('POST', '/volumes', { name: 'data' })
  engine.before = async () => {
    await ann.http.delete('/volumes/data').expect(204)
    await ann.ok('POST', '/volumes', { name: 'data' })
  }
  const { body } = await create({ name: 'w' }).expect(201)
  expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ usedBy: ['w'] })
  await ann.http.delete(`/containers/${(body as { id: string }).id}`).expect(204)
  await ann.http.delete('/volumes/data').expect(204)
})
