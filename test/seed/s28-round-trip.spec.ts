/**
 * S28. The course: after the push, `docker rmi`, then `docker pull` back and run it: the tool is there. The whole way in one
 * spec: run, install, commit, tag, push, remove, pull, run; and a second team that may not.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { type Actor, BASE_IMAGE, type Scenario, scenario } from '../support/scenario.js'
import { done, installed, output } from './images.js'

let s: Scenario
let ann: Actor
let bob: Actor
let target: string
let id: string

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('others')
  ann = await s.user('ann', { course: 'developer' })
  bob = await s.user('bob', { others: 'developer' })
  target = `${bed().registryHost}/course-${s.suffix}/myubuntu:1.0`
})
afterAll(() => s?.end())

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`

describe('s28: there and back', () => {
  it('install, commit, tag and push', async () => {
    await installed(ann, BASE_IMAGE, 'my-ubuntu')
    id = (await done(ann, '/containers/my-ubuntu/commit', { reference: 'myubuntu:1.0', message: 'with vim' })).result['id'] as string
    await ann.ok('POST', '/images/tag', { source: 'myubuntu:1.0', target })
    await done(ann, '/images/push', { reference: target })
  })

  it('remove all of it: container, names, content', async () => {
    await ann.ok('DELETE', '/containers/my-ubuntu')
    expect(await ann.ok('DELETE', `/images/${id}`)).toMatchObject({ deleted: [id] })
    const left = await engineJson<{ Id: string }[]>(bed().socketPath, 'GET', '/images/json?all=true')
    expect(left.map((image) => image.Id)).not.toContain(id)
    expect(await ann.fails('POST', '/containers', { image: target, pull: 'never' })).toMatchObject({ code: 'image_not_present' })
  })

  it('pull it back and run it: the tool is there', async () => {
    expect((await done(ann, '/images/pull', { reference: target })).result).toMatchObject({ reference: target, id })
    expect(await output(ann, target, 'vim')).toContain('VIM - Vi IMproved')
  })

  it('in one call it comes by itself, since a creation pulls what is missing', async () => {
    await ann.ok('DELETE', at(target))
    expect(await output(ann, target, 'vim')).toContain('VIM')
  })

  it('another team has it only after a pull of its own', async () => {
    expect((await bob.fails('GET', at(target))).code).toBe('not_found')
    expect((await bob.fails('POST', '/containers', { image: id })).code).toBe('image_not_present')
    await done(bob, '/images/pull', { reference: target })
    expect(await bob.ok('GET', at(target))).toMatchObject({ id })
  })
})
