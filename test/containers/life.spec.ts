import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, withCmd, withName, withoutStart } from '../support/scenario.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterAll(() => s?.end())

describe('a container', () => {
  it('is created and started in one call, listed, shown and removed', async () => {
    const made = await runContainer(ann, withName('web'), withCmd('sleep', '300'))
    expect(made).toMatchObject({ name: 'web', state: { status: 'running', running: true } })
    const list = await ann.ok<{ items: { id: string; name: string }[] }>('GET', '/containers')
    expect(list.items.map(({ name }) => name)).toEqual(['web'])
    const details = await ann.ok<Record<string, unknown>>('GET', '/containers/web')
    expect(details).toMatchObject({ id: made.id, image: { reference: BASE_IMAGE }, command: ['sleep', '300'], envHidden: false })
    expect(await ann.fails('DELETE', '/containers/web')).toMatchObject({ code: 'container_running' })
    await ann.http.delete('/containers/web?force=true').expect(204)
    await ann.http.get('/containers/web').expect(404)
  })

  it('is only created without start', async () => {
    expect(await runContainer(ann, withName('later'), withoutStart())).toMatchObject({ state: { status: 'created', exitCode: null } })
    expect((await ann.ok<{ items: unknown[] }>('GET', '/containers')).items).toEqual([])
    expect((await ann.ok<{ items: unknown[] }>('GET', '/containers?all=true')).items).toHaveLength(1)
    expect(await ann.ok('POST', '/containers/later/start')).toMatchObject({ state: { status: 'running' } })
    await ann.http.delete('/containers/later?force=true').expect(204)
  })
})
