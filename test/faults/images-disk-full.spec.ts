/** The engine's disk is full: load, import, build and commit say so, and leave nothing half made; what is there still runs. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarOf } from '../../scripts/tar.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { type Actor, scenario, type Scenario } from '../support/scenario.js'
import { bytesOf, type Job, jobOf, sent } from '../images/support.js'

const DISK_MB = 150
const MORE_MB = 160

let host: PrivateEngine
let s: Scenario
let ann: Actor
let large: Buffer

beforeAll(async () => {
  host = await bed().startEngine({ diskMb: DISK_MB })
  s = await scenario({ dockerHost: host.dockerHost })
  const team = await s.admin.ok<{ id: string; name: string }>('POST', '/teams', { name: `full-${s.suffix}` })
  s.teams.set('full', team)
  ann = await s.user('ann', { full: 'developer' })
  const job = await ann.ok<Job>('POST', '/images/pull', { reference: 'busybox:1' })
  expect(await jobOf(ann, job.id)).toMatchObject({ state: 'succeeded' })
  large = randomBytes(MORE_MB << 20)
}, 60_000)
afterAll(async () => {
  await s?.end()
  await host?.purge()
})

const images = async () => (await engineJson<{ Id: string }[]>(host.socketPath, 'GET', '/images/json?all=true')).map(({ Id }) => Id).sort()

async function fails(attempt: () => Promise<Job>): Promise<void> {
  const before = await images()
  expect(await attempt()).toMatchObject({ state: 'failed', result: null, error: { code: 'disk_full', status: 507 } })
  expect(await images()).toEqual(before)
  expect(await ann.fails('GET', '/images/too-large:1')).toMatchObject({ code: 'not_found' })
}

describe('on a full disk', () => {
  it('an import says so', () => fails(() => sent(ann, '/images/import?reference=too-large:1', tarOf({ large }))))

  it('a load says so', async () => {
    const archive = await archiveOf(large)
    await fails(() => sent(ann, '/images/load?reference=too-large:1', archive))
  })

  it('a build says so, for its context and for what it makes', async () => {
    await fails(() => sent(ann, '/images/build?reference=too-large:1', tarOf({ Dockerfile: 'FROM busybox:1\nCOPY large /', large })))
    const Dockerfile = `FROM busybox:1\nRUN dd if=/dev/urandom of=/a bs=1M count=50\nCOPY half /\nCOPY half /again`
    await fails(() => sent(ann, '/images/build?reference=too-large:1', tarOf({ Dockerfile, half: large.subarray(0, 45 << 20) })))
  })

  it('a commit says so, and the container stays as it was', async () => {
    const container = await ann.ok<{ id: string }>('POST', '/containers?start=true', {
      image: 'busybox:1',
      command: ['sh', '-c', 'dd if=/dev/urandom of=/large bs=1M count=80; sleep 300'],
    })
    await expect
      .poll(async () => (await ann.http.get(`/containers/${container.id}/logs`)).text, { timeout: 30_000 })
      .toContain('80+0 records out')
    await fails(async () => jobOf(ann, (await ann.ok<Job>('POST', `/containers/${container.id}/commit`, { reference: 'too-large:1' })).id))
    expect(await ann.ok('GET', `/containers/${container.id}`)).toMatchObject({ state: { status: 'running' } })
    await ann.ok('DELETE', `/containers/${container.id}?force=true`)
  })

  it('what is there still runs, and can be saved', async () => {
    const { id } = await ann.ok<{ id: string }>('POST', '/containers?start=true', { image: 'busybox:1', command: ['echo', 'still here'] })
    expect(await ann.ok('POST', `/containers/${id}/wait`)).toMatchObject({ exitCode: 0 })
    expect((await bytesOf(ann, '/images/busybox%3A1/save')).length).toBeGreaterThan(1_000_000)
    await ann.ok('DELETE', `/containers/${id}`)
  })
})

/** An archive of an image with that content, made where there is room. */
async function archiveOf(content: Buffer): Promise<Buffer> {
  await using elsewhere = await scenario()
  const eve = await elsewhere.user('eve', { roomy: 'developer' })
  expect(await sent(eve, '/images/import?reference=large:1', tarOf({ content }))).toMatchObject({ error: null, state: 'succeeded' })
  // awaited, or the gateway would end before it has answered
  return await bytesOf(eve, '/images/large%3A1/save')
}
