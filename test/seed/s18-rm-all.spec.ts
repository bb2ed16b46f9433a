/**
 * S18. The course: `docker rm -f $(docker ps -aq)`, and: do not do this. On a shared host it would take everybody's containers;
 * here it takes what the caller owns, needs a right of its own, and reports each.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runContainer, scenario, type Actor, type Scenario, withName, withoutStart } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let mia: Actor
let ben: Actor

interface Listed {
  readonly id: string
  readonly name: string
}

interface Report {
  readonly items: readonly {
    readonly ref: string
    readonly done: boolean
    readonly id: string | null
    readonly error?: { readonly code: string }
  }[]
}

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('other')
  ann = await s.user('ann', { course: 'developer' })
  mia = await s.user('mia', { course: 'maintainer' })
  ben = await s.user('ben', { other: 'developer' })
  await runContainer(ben, withName('theirs'))
})
afterAll(() => s?.end())

const all = async (actor: Actor) => (await actor.ok<{ items: Listed[] }>('GET', '/containers?all=true')).items

describe('s18: all containers at once', () => {
  it('a developer does that one by one', async () => {
    await runContainer(ann, withName('u1'))
    expect(await ann.fails('POST', '/containers/actions', { action: 'remove', refs: ['u1'], force: true })).toMatchObject({
      code: 'permission_denied',
      detail: 'this needs the permission containers.bulk',
    })
    expect(await all(ann)).toHaveLength(1)
  })

  it('a maintainer removes all of the team, and nothing else goes', async () => {
    await runContainer(ann, withName('u2'))
    await runContainer(ann, withName('u3'), withoutStart())
    const [theirs] = await all(ben)
    // $(docker ps -aq), and somebody else's by chance
    const refs = [...(await all(mia)).map(({ id }) => id), theirs!.id, 'theirs']
    const { items } = await mia.ok<Report>('POST', '/containers/actions', { action: 'remove', refs, force: true })
    expect(items.map(({ ref }) => ref)).toEqual(refs)
    expect(items.map(({ done, error }) => error?.code ?? done)).toEqual([true, true, true, 'not_found', 'not_found'])
    expect(await all(mia)).toEqual([])
    expect(await all(ben)).toEqual([theirs])
  })

  it('what can not be done is in the report, and the rest is done', async () => {
    await runContainer(ann, withName('u4'))
    await runContainer(ann, withName('u5'), withoutStart())
    const { items } = await mia.ok<Report>('POST', '/containers/actions', { action: 'remove', refs: ['u4', 'u5'] })
    expect(items.map(({ ref, done, error }) => [ref, done, error?.code])).toEqual([
      ['u4', false, 'container_running'],
      ['u5', true, undefined],
    ])
    expect((await all(mia)).map(({ name }) => name)).toEqual(['u4'])
  })

  it('docker container prune: what does not run, with the space that it took', async () => {
    await runContainer(ann, withName('u6'), withoutStart())
    expect(await mia.ok('POST', '/containers/prune')).toMatchObject({ items: [{ name: 'u6' }], spaceReclaimed: expect.any(Number) })
    expect((await all(mia)).map(({ name }) => name)).toEqual(['u4'])
    expect(await ann.fails('POST', '/containers/prune')).toMatchObject({ code: 'permission_denied' })
  })

  it('each of them is on record, under the name of who asked', async () => {
    const { items } = await s.admin.ok<{ items: { operation: string; principal: string; phase: string }[] }>(
      'GET',
      '/audit?operation=ContainerDelete',
    )
    const removed = items.filter(({ phase }) => phase === 'outcome')
    expect(removed.length).toBeGreaterThanOrEqual(4)
    expect(new Set(removed.map(({ principal }) => principal))).toEqual(new Set([mia.username]))
  })
})
