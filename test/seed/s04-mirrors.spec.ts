/**
 * S04. The course: registry mirrors and `insecure-registries` in daemon.json. Through the gateway: what is set is shown, and a
 * pull from a registry without TLS that is not listed says which setting to change.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jobOf, type Job } from '../images/support.js'
import { until } from '../streams/support.js'
import { bed } from '../support/bed.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { type Actor, runContainer, type Scenario, scenario, withCmd, withName, withPort, withSpec } from '../support/scenario.js'

let engine: PrivateEngine
let s: Scenario
let ann: Actor
/** A registry that speaks plain http, as the engine reaches it: at an address of the host that is not 127.0.0.1. */
let plain: string

beforeAll(async () => {
  engine = await bed().startEngine()
  s = await scenario({ dockerHost: engine.dockerHost })
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  const always = withSpec({ restart: { policy: 'always' } })
  await runContainer(ann, withName('registry'), withCmd('httpd', '-f', '-p', '80'), withPort(80, 5055), always)
  const { subnet } = await ann.ok<{ subnet: string }>('GET', '/networks/default')
  plain = `${subnet.replace(/0\/24$/, '1')}:5055`
})
afterAll(async () => {
  await s?.end()
  await engine?.purge()
})

interface Info {
  readonly registryMirrors: readonly string[]
  readonly insecureRegistries: readonly string[]
}
interface Check {
  readonly items: readonly { readonly name: string; readonly detail: string; readonly fix: string | null }[]
}

/** Why the pull did not succeed. */
async function pullOf(reference: string): Promise<string> {
  const job = await jobOf(ann, (await ann.ok<Job>('POST', '/images/pull', { reference })).id)
  expect(job).toMatchObject({ state: 'failed', error: { code: expect.stringContaining('_') } })
  return `${job.error!.detail} ${(job.error as unknown as { hint: string }).hint}`
}

describe('s04: mirrors and insecure registries', () => {
  it('are shown', async () => {
    const info = await ann.ok<Info>('GET', '/system/info')
    expect(info.registryMirrors).toEqual(['http://127.0.0.1:5000/'])
    expect(info.insecureRegistries).toEqual(['127.0.0.0/8'])
    const { items } = await ann.ok<Check>('GET', '/system/check')
    expect(items).toContainEqual(expect.objectContaining({ name: 'registry-mirrors', detail: 'http://127.0.0.1:5000/', fix: null }))
    expect(items).toContainEqual(expect.objectContaining({ name: 'insecure-registries', detail: '127.0.0.0/8', fix: null }))
  })

  it('the mirror answers for the hub', async () => {
    const job = await jobOf(ann, (await ann.ok<Job>('POST', '/images/pull', { reference: 'busybox' })).id)
    expect(job).toMatchObject({ state: 'succeeded', result: { reference: expect.stringContaining('busybox') } })
  })

  it('a pull from a registry without TLS that is not listed names the setting to change', async () => {
    expect(await pullOf(`${plain}/course/app:1`)).toContain('insecure-registries')
  })

  it('and once it is listed, the engine speaks to it', async () => {
    const file = join(engine.dir, 'daemon.json')
    const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...config, 'insecure-registries': [plain] }))
    await engine.restart()
    await until('the engine is back', async () => (await ann.http.get('/system/info')).status === 200, 20_000)
    expect((await ann.ok<Info>('GET', '/system/info')).insecureRegistries).toEqual(['127.0.0.0/8', plain])
    // it answers, but it has no images
    await until('the registry is back', async () => !(await pullOf(`${plain}/course/app:1`)).includes('can not be reached'), 30_000)
    expect(await pullOf(`${plain}/course/app:1`)).not.toContain('insecure-registries')
  })
})
