/**
 * S23. The course: `docker export u1 > u1.tar`, and `docker import u1.tar name:tag`: the file system of a container as a tar, and a
 * tar as an image with a name.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { bytes, bytesFail, contentOf } from '../containers/support/archive.js'
import { sent } from '../images/support.js'
import { runContainer, scenario, type Actor, type Scenario, withName, withSpec } from '../support/scenario.js'
import { output } from './images.js'

let s: Scenario
let ann: Actor
let tar: Buffer

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('other')
  ann = await s.user('ann', { course: 'developer' })
  await runContainer(ann, withName('u1'), withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/data' }] }))
  await shell('u1', 'echo tool > /usr/tool; echo kept > /data/note')
})
afterAll(() => s?.end())

const shell = async (name: string, line: string) =>
  (await ann.ok<{ stdout: string }>('POST', `/containers/${name}/exec`, { command: ['sh', '-c', line] })).stdout.trim()

describe('s23: a container goes out as a tar, and a tar comes in as an image', () => {
  it('docker export: all of the file system, without what is mounted', async () => {
    const got = await bytes(ann, 'GET', '/containers/u1/export')
    expect([got.status, got.headers.get('content-type')]).toEqual([200, 'application/x-tar'])
    expect(got.headers.get('content-disposition')).toContain('filename="u1.tar"')
    tar = got.bytes
    const found = await contentOf(tar)
    expect(found).toMatchObject({ 'usr/tool': 'tool\n', 'etc/passwd': expect.stringContaining('root') })
    expect(found['data/note']).toBeUndefined()
  })

  it('docker import: the tar is an image now, and what runs from it has the tool', async () => {
    const changes = `changes=${encodeURIComponent('CMD ["sleep", "300"]')}`
    const job = await bytes(ann, 'POST', `/images/import?reference=mine:1&message=from+u1&${changes}`, tar, {
      'content-type': 'application/x-tar',
      prefer: 'wait=30',
    })
    expect(JSON.parse(job.bytes.toString())).toMatchObject({ state: 'succeeded', result: { reference: 'mine:1' } })
    expect(await ann.ok('GET', '/images/mine%3A1')).toMatchObject({ id: expect.stringMatching(/^sha256:/) })
    await ann.ok('POST', '/containers?start=true', { name: 'u2', image: 'mine:1' })
    expect(await shell('u2', 'cat /usr/tool; ls /data')).toBe('tool')
  })

  it('is for the team alone, and not for those who only look', async () => {
    const [vic, ben] = [await s.user('vic', { course: 'viewer' }), await s.user('ben', { other: 'developer' })]
    expect(await bytesFail(vic, 'GET', '/containers/u1/export')).toMatchObject({ code: 'permission_denied' })
    expect(await bytesFail(ben, 'GET', '/containers/u1/export')).toMatchObject({ code: 'not_found' })
  })

  it('docker import: the tar becomes an image with a name, of one layer and without the old settings', async () => {
    const job = await sent(ann, '/images/import?reference=zzyy/ubuntu:3.7&message=from+a+tar', tar)
    expect(job).toMatchObject({ state: 'succeeded', result: { reference: 'zzyy/ubuntu:3.7' } })
    const image = await ann.ok<{ layers: string[]; config: { cmd: string[] } }>('GET', '/images/zzyy%2Fubuntu%3A3.7')
    expect([image.layers.length, image.config.cmd]).toEqual([1, []])
    expect(await output(ann, 'zzyy/ubuntu:3.7', '/bin/cat', '/usr/tool')).toContain('tool')
  })

  it('settings can be given with it, and the tar may come compressed', async () => {
    const query = new URLSearchParams({ reference: 'zzyy/ubuntu:3.8', changes: 'CMD ["/bin/cat", "/usr/tool"]' }).toString()
    expect(await sent(ann, `/images/import?${query}`, gzipSync(tar), 'application/gzip')).toMatchObject({ state: 'succeeded' })
    expect(await ann.ok('GET', '/images/zzyy%2Fubuntu%3A3.8')).toMatchObject({ config: { cmd: ['/bin/cat', '/usr/tool'] } })
  })

  it('the image is for the team alone, and nobody imports where they do not belong', async () => {
    const eve = await s.user('eve', { other: 'developer' })
    expect((await eve.fails('GET', '/images/zzyy%2Fubuntu%3A3.7')).code).toBe('not_found')
    const path = `/images/import?reference=x:1&team=${s.teams.get('course')!.name}`
    expect((await eve.http.post(path).set('content-type', 'application/x-tar').send(tar)).status).toBe(404)
  })
})
