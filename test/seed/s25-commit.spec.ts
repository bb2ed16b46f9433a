/**
 * S25. The course: install a tool in a container, then `docker commit -m -a container name:tag`. The new image runs with the
 * tool, the old one still without.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, BASE_IMAGE, type Scenario, scenario } from '../support/scenario.js'
import { done, ended, installed, output } from './images.js'

let s: Scenario
let ann: Actor
let container: string

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())

describe('s25: docker commit', () => {
  it('the plain image does not have the tool', async () => {
    expect(await output(ann, BASE_IMAGE, 'sh', '-c', 'vim || echo no vim')).toContain('no vim')
  })

  it('the container in which it was installed becomes an image', async () => {
    container = await installed(ann, BASE_IMAGE, 'my-ubuntu')
    const job = await done(ann, '/containers/my-ubuntu/commit', {
      reference: 'myubuntu:5.2.1',
      message: 'vim cmd add ok',
      author: 'zzyy',
      changes: ['CMD ["vim"]'],
    })
    expect(job.result).toMatchObject({ reference: 'myubuntu:5.2.1', id: expect.stringMatching(/^sha256:/) as string })
    expect(await ann.ok('GET', '/images/myubuntu%3A5.2.1')).toMatchObject({ author: 'zzyy', config: { cmd: ['vim'] } })
    const { items } = await ann.ok<{ items: { comment: string }[] }>('GET', '/images/myubuntu%3A5.2.1/history')
    expect(items[0]).toMatchObject({ comment: 'vim cmd add ok' })
  })

  it('runs with the tool, and the image that it came from still without', async () => {
    expect(await output(ann, 'myubuntu:5.2.1', 'vim')).toContain('VIM - Vi IMproved')
    expect(await output(ann, BASE_IMAGE, 'sh', '-c', 'vim || echo no vim')).toContain('no vim')
  })

  it('is refused where a change could run something', async () => {
    const problem = await ann.fails('POST', `/containers/${container}/commit`, { reference: 'x', changes: ['RUN id'] })
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/changes/0' }] })
  })

  it('of the same container gives the same tool under another name', async () => {
    expect(await ended(ann, '/containers/my-ubuntu/commit', { reference: 'again:1' })).toMatchObject({ state: 'succeeded' })
    expect(await output(ann, 'again:1', 'vim')).toContain('VIM')
  })
})
