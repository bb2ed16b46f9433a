/**
 * S23. The course: `docker export ID > abcd.tar`, then `cat abcd.tar | docker import - zzyy/ubuntu:3.7`. A container's file
 * system as a tar stream, and an image with a name out of it: the file that was made in the container is there.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { bytesOf, sent } from '../images/support.js'
import { filesOf } from '../images/archive-support.js'
import { type Actor, BASE_IMAGE, type Scenario, scenario } from '../support/scenario.js'
import { output } from './images.js'

let s: Scenario
let ann: Actor
let bob: Actor
let tar: Buffer

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('others')
  ann = await s.user('ann', { course: 'developer' })
  bob = await s.user('bob', { others: 'developer' })
})
afterAll(() => s?.end())

describe('s23: docker export and docker import', () => {
  it('a container, running or not, is exported as a tar', async () => {
    const spec = { name: 'u1', image: BASE_IMAGE, command: ['sh', '-c', 'echo a file of mine > /tmp/a.txt'] }
    const { id } = await ann.ok<{ id: string }>('POST', '/containers?start=true', spec)
    await ann.ok('POST', `/containers/${id}/wait`)
    tar = await bytesOf(ann, '/containers/u1/export')
    const files = await filesOf(tar)
    expect(files['tmp/a.txt']!.toString()).toBe('a file of mine\n')
    expect(Object.keys(files)).toContain('bin/busybox')
  })

  it('the tar becomes an image with a name, of one layer and without the old settings', async () => {
    const job = await sent(ann, '/images/import?reference=zzyy/ubuntu:3.7&message=from+a+tar', tar)
    expect(job).toMatchObject({ state: 'succeeded', result: { reference: 'zzyy/ubuntu:3.7' } })
    const image = await ann.ok<{ layers: string[]; config: { cmd: string[] } }>('GET', '/images/zzyy%2Fubuntu%3A3.7')
    expect(image.layers).toHaveLength(1)
    expect(image.config.cmd).toEqual([])
  })

  it('run, it has the file', async () => {
    expect(await output(ann, 'zzyy/ubuntu:3.7', '/bin/cat', '/tmp/a.txt')).toContain('a file of mine')
  })

  it('settings can be given with it, and the tar may come compressed', async () => {
    const query = new URLSearchParams({ reference: 'zzyy/ubuntu:3.8', changes: 'CMD ["/bin/cat", "/tmp/a.txt"]' }).toString()
    const job = await sent(ann, `/images/import?${query}`, gzipSync(tar), 'application/gzip')
    expect(job).toMatchObject({ state: 'succeeded' })
    expect(await ann.ok('GET', '/images/zzyy%2Fubuntu%3A3.8')).toMatchObject({ config: { cmd: ['/bin/cat', '/tmp/a.txt'] } })
  })

  it('nobody exports what they may not see, or imports where they do not belong', async () => {
    expect((await bob.fails('GET', '/containers/u1/export')).code).toBe('not_found')
    expect((await bob.fails('GET', '/images/zzyy%2Fubuntu%3A3.7')).code).toBe('not_found')
    const answer = await bob.http
      .post(`/images/import?reference=x:1&team=${s.teams.get('course')!.name}`)
      .set('content-type', 'application/x-tar')
      .send(tar)
    expect(answer.status).toBe(404)
  })
})
