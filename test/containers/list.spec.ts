import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, withName, withoutStart, withSpec } from '../support/scenario.js'
import { imageWith, until } from './support/engine.js'
import type { Container, Page } from './support/types.js'

let s: Scenario
let ann: Actor
let image: string
const made: Record<string, Container> = {}

beforeAll(async () => {
  s = await scenario()
  const alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  image = await imageWith(s, alpha, { Labels: { own: 'image' } })
  const run = async (name: string, ...options: Parameters<typeof withSpec>[0][]) => {
    made[name] = (await runContainer(ann, withName(name), ...options.map(withSpec))) as unknown as Container
  }
  await run('one', {
    labels: { tier: 'front', app: 'shop' },
    ports: [{ container: 80, host: 18_180 }],
    mounts: [{ type: 'volume', source: 'data', target: '/data' }],
  })
  await run('two', { labels: { tier: 'back' }, command: ['sh', '-c', 'exit 3'], network: 'none' })
  await run('three', { image, healthcheck: { test: ['CMD', 'true'], interval: 1 } })
  made['four'] = (await runContainer(ann, withName('four'), withoutStart())) as unknown as Container
  await runContainer(s.admin, withName('one'), withSpec({ team: s.teams.get('beta')!.name, labels: { tier: 'front' } }))
  await until('the end of two', async () => (await ann.ok<Container>('GET', '/containers/two')).state.status === 'exited')
  await until('health', async () => (await ann.ok<Page<Container>>('GET', '/containers?health=healthy')).items.length === 1)
})
afterAll(() => s?.end())

async function names(query: string): Promise<string[]> {
  return (await ann.ok<Page<Container>>('GET', `/containers${query}`)).items.map(({ name }) => name)
}

describe('the list', () => {
  it.each([
    ['running ones, newest first', '', ['three', 'one']],
    ['all', '?all=true', ['four', 'three', 'two', 'one']],
    ['the latest', '?latest=true', ['four']],
    ['the last two', '?last=2', ['four', 'three']],
    ['the oldest first', '?all=true&sort=created', ['one', 'two', 'three', 'four']],
    ['by name', '?all=true&sort=name', ['four', 'one', 'three', 'two']],
    ['by name, downwards', '?all=true&sort=-name', ['two', 'three', 'one', 'four']],
    ['by status', '?all=true&sort=status', ['four', 'two', expect.any(String), expect.any(String)]],
    ['a part of the name', '?all=true&name=o', ['four', 'two', 'one']],
    ['one of two names', '?all=true&name=two&name=four', ['four', 'two']],
    ['a label', '?all=true&label=tier', ['two', 'one']],
    ['a label and its value', '?all=true&label=tier%3Dback', ['two']],
    ['two labels', '?all=true&label=tier&label=app%3Dshop', ['one']],
    ['a label of the image', '?label=own%3Dimage', ['three']],
    ['a label of ours', '?all=true&label=berth.uid', []],
    ['a status', '?status=exited', ['two']],
    ['one of two statuses', '?status=exited&status=created', ['four', 'two']],
    ['an exit code', '?exited=3', ['two']],
    ['another exit code', '?exited=0', []],
    ['before one', '?all=true&before=three', ['two', 'one']],
    ['since one', '?all=true&since=two', ['four', 'three']],
    ['a volume by name', '?volume=data', ['one']],
    ['a volume by destination', '?volume=%2Fdata', ['one']],
    ['a network', '?all=true&network=none', ['two']],
    ['a published port', '?publish=80', ['one']],
    ['a published port with its protocol', '?publish=80%2Ftcp', ['one']],
    ['a port that is not published', '?publish=81', []],
    ['an exposed port', '?expose=80', ['one']],
    ['health', '?health=healthy', ['three']],
    ['no health check', '?health=none', ['one']],
  ])('%s', async (_, query, expected) => {
    expect(await names(query)).toEqual(expected)
  })

  it('by ancestor and by id', async () => {
    expect(await names(`?all=true&ancestor=${encodeURIComponent(image)}`)).toEqual(['three'])
    expect(await names(`?all=true&ancestor=${made['three']!.image.id}`)).toEqual(['three'])
    expect(await names(`?all=true&ancestor=${encodeURIComponent(BASE_IMAGE)}`)).toEqual(['four', 'two', 'one'])
    expect(await names('?all=true&ancestor=nosuch')).toEqual([])
    expect(await names(`?all=true&id=${made['two']!.id.slice(0, 10)}`)).toEqual(['two'])
  })

  it('pages without repeating or skipping', async () => {
    const first = await ann.ok<Page<Container>>('GET', '/containers?all=true&limit=3')
    expect(first.items.map(({ name }) => name)).toEqual(['four', 'three', 'two'])
    const second = await ann.ok<Page<Container>>('GET', `/containers?all=true&limit=3&cursor=${first.nextCursor}`)
    expect(second).toMatchObject({ items: [{ name: 'one' }], nextCursor: null })
  })

  it('knows nothing of what the caller can not see', async () => {
    expect(await ann.fails('GET', '/containers?before=nosuch')).toMatchObject({ code: 'not_found' })
    expect(await ann.fails('GET', `/containers?team=${s.teams.get('beta')!.name}`)).toMatchObject({ code: 'not_found' })
  })

  it('is of all teams for an administrator, and of one with team', async () => {
    const all = await s.admin.ok<Page<Container>>('GET', '/containers?all=true')
    expect(all.items).toHaveLength(5)
    const beta = await s.admin.ok<Page<Container>>('GET', `/containers?all=true&team=${s.teams.get('beta')!.name}`)
    expect(beta.items.map(({ name, team }) => [name, team])).toEqual([['one', s.teams.get('beta')!.name]])
  })

  it('tells a stranger nothing', async () => {
    const nobody = await s.user('nobody')
    expect((await nobody.ok<Page<Container>>('GET', '/containers?all=true')).items).toEqual([])
    await s.anonymous.http.get('/containers').expect(401)
  })
})
