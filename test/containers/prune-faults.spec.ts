/** A prune of which the engine fails to remove one: the others go, and the report says which. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Actor, runContainer, type Scenario, scenario, type Team, withName, withoutStart } from '../support/scenario.js'
import { HeldEngine } from './support/held-engine.js'

let engine: HeldEngine
let s: Scenario
let alpha: Team
let mia: Actor
beforeAll(async () => {
  engine = await HeldEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  alpha = await s.team('alpha')
  mia = await s.user('mia', { alpha: 'maintainer' })
})
afterEach(() => {
  engine.refused = null
})
afterAll(async () => {
  await s?.end()
  await engine?.stop()
})

const NAMES = ['a', 'b', 'c', 'd']
const namesOf = (items: readonly { name: string }[]) => items.map(({ name }) => name).sort()

it('of containers', async () => {
  const made = new Map<string, string>()
  for (const name of NAMES) made.set(name, (await runContainer(mia, withName(name), withoutStart())).id)
  engine.refused = `/containers/${made.get('b')!}?`
  const { items } = await mia.ok<{ items: { name: string }[] }>('POST', '/containers/prune')
  expect(namesOf(items)).toEqual(['a', 'c', 'd'])
  expect(namesOf((await mia.ok<{ items: { name: string }[] }>('GET', '/containers?all=true')).items)).toEqual(['b'])
  engine.refused = null
  expect(namesOf((await mia.ok<{ items: { name: string }[] }>('POST', '/containers/prune')).items)).toEqual(['b'])
})

it('of volumes', async () => {
  for (const name of NAMES) await mia.ok('POST', '/volumes', { name })
  engine.refused = `DELETE /v1.41/volumes/${alpha.name}--b`
  const { removed } = await mia.ok<{ removed: { name: string }[] }>('POST', '/volumes/prune?all=true')
  expect(namesOf(removed)).toEqual(['a', 'c', 'd'])
  expect(namesOf((await mia.ok<{ items: { name: string }[] }>('GET', '/volumes')).items)).toEqual(['b'])
  engine.refused = null
  await mia.ok('DELETE', '/volumes/b')
})
