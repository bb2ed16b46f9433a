/**
 * S06. The course: `docker search`. The hub is searched by the engine; without a way to it the answer says so, and what the
 * team's own registries have is found all the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed, type Forward } from '../support/bed.js'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'

interface Result {
  readonly items: { readonly name: string; readonly registry: string }[]
  readonly failed: { readonly registry: string; readonly code: string; readonly detail: string; readonly hint: string }[]
}

let s: Scenario
let ann: Actor
let forward: Forward

beforeAll(async () => {
  forward = await bed().forward(5000)
  s = await scenario({ env: { BERTH_REGISTRY_ROUTES: `${bed().registryHost}=127.0.0.1:${forward.port}` } })
  await s.team('course')
  ann = await s.user('ann', { course: 'maintainer' })
})
afterAll(async () => {
  await s?.end()
  await forward?.close()
})

describe('s06: docker search', () => {
  it('says that the hub can not be reached, and what to do', async () => {
    expect(await ann.fails('GET', '/image-search?term=ubuntu')).toMatchObject({
      status: 503,
      code: 'search_failed',
      hint: expect.stringContaining('index.docker.io') as string,
    })
  })

  it('finds what the own registry has, and says what it could not search', async () => {
    await ann.ok('POST', '/registries', { name: 'private', url: `http://${bed().registryHost}` })
    const { items, failed } = await ann.ok<Result>('GET', '/image-search?term=busybox')
    expect(items.map(({ registry }) => registry)).toContain(bed().registryHost)
    expect(items[0]!.name).toContain('busybox')
    expect(failed).toMatchObject([{ registry: 'docker.io', code: 'search_failed' }])
  })

  it('what was found can be pulled by its name', async () => {
    const { items } = await ann.ok<Result>('GET', '/image-search?term=busybox')
    const answer = await ann.http.post('/images/pull').set('prefer', 'wait=60').send({ reference: items[0]!.name })
    expect(answer.body).toMatchObject({ state: 'succeeded' })
  })

  it('asks no host that the team just names', async () => {
    expect(await ann.fails('GET', '/image-search?term=10.0.0.1%3A5000%2Fubuntu')).toMatchObject({ status: 400 })
  })
})
