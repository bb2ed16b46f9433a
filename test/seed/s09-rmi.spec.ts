/**
 * S09. The course: `docker rmi name`, and `docker rmi -f ID` with several names on one image. A report of what was untagged
 * and deleted; a conflict while it is in use; never another team's name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'
import { done } from './images.js'

let s: Scenario
let ann: Actor
let bob: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('others')
  ann = await s.user('ann', { course: 'developer' })
  bob = await s.user('bob', { others: 'developer' })
})
afterAll(() => s?.end())

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`
const onEngine = async (id: string) =>
  (await engineJson<{ Id: string }[]>(bed().socketPath, 'GET', '/images/json?all=true')).some(({ Id }) => Id === id)
const pulled = async (actor: Actor, reference: string) => (await done(actor, '/images/pull', { reference })).result['id'] as string

describe('s09: docker rmi', () => {
  it('takes a name away, and the image with the last one', async () => {
    const reference = await bed().uniqueImage()
    const id = await pulled(ann, reference)
    await ann.ok('POST', '/images/tag', { source: reference, target: 'mine:2' })
    expect(await ann.ok('DELETE', at(reference))).toEqual({ untagged: [reference], deleted: [] })
    expect(await onEngine(id)).toBe(true)
    expect(await ann.ok('DELETE', at('mine:2'))).toEqual({ untagged: ['mine:2'], deleted: [id] })
    expect(await onEngine(id)).toBe(false)
  })

  it('by id takes all names of the team', async () => {
    const reference = await bed().uniqueImage()
    const id = await pulled(ann, reference)
    for (const target of ['one:1', 'two:1']) await ann.ok('POST', '/images/tag', { source: id, target })
    const report = await ann.ok<{ untagged: string[]; deleted: string[] }>('DELETE', `/images/${id}`)
    expect({ ...report, untagged: report.untagged.sort() }).toEqual({ untagged: [reference, 'one:1', 'two:1'].sort(), deleted: [id] })
    expect(await onEngine(id)).toBe(false)
  })

  it('is a conflict while a container uses it, and forced only the name goes', async () => {
    const reference = await bed().uniqueImage()
    const id = await pulled(ann, reference)
    const container = await ann.ok<{ id: string }>('POST', '/containers', { name: 'user', image: reference, command: ['/x'] })
    expect(await ann.fails('DELETE', at(reference))).toMatchObject({
      status: 409,
      code: 'image_in_use',
      detail: expect.stringContaining('1 of your containers') as string,
    })
    expect(await ann.ok('DELETE', `${at(reference)}?force=true`)).toEqual({ untagged: [reference], deleted: [] })
    expect(await onEngine(id)).toBe(true)
    expect(await ann.ok('GET', `/containers/${container.id}`)).toMatchObject({ name: 'user' })
    await ann.ok('DELETE', `/containers/${container.id}`)
  })

  it('by force and id never takes what another team has', async () => {
    const reference = await bed().uniqueImage()
    const id = await pulled(ann, reference)
    await pulled(bob, reference)
    expect(await ann.ok('DELETE', `/images/${id}?force=true`)).toEqual({ untagged: [reference], deleted: [id] })
    expect((await ann.fails('GET', at(reference))).code).toBe('not_found')
    expect(await bob.ok('GET', at(reference))).toMatchObject({ id })
    expect(await onEngine(id)).toBe(true)
    expect((await ann.fails('DELETE', `/images/${id}?force=true`)).code).toBe('not_found')
  })

  it('of all that nobody uses is a prune, which only maintainers may', async () => {
    expect(await ann.fails('POST', `/images/prune?team=${s.teams.get('course')!.name}`, { all: true })).toMatchObject({ status: 403 })
  })
})
