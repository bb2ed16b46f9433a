/**
 * S02. The course: `docker info`, `systemctl status docker`, `systemctl restart docker`. Through the gateway an engine that is
 * down is told as such, and all goes on by itself when it is back.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { streamsOf, until } from '../streams/support.js'
import { bed } from '../support/bed.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { type Actor, runContainer, type Scenario, scenario, withName, withSpec } from '../support/scenario.js'

let engine: PrivateEngine
let s: Scenario
let ann: Actor

beforeAll(async () => {
  engine = await bed().startEngine()
  s = await scenario({ dockerHost: engine.dockerHost })
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(async () => {
  await s?.end()
  await engine?.purge()
})

interface List {
  readonly stale: boolean
  readonly items: readonly { readonly name: string; readonly state: { readonly status: string } }[]
}
interface Check {
  readonly ready: boolean
  readonly items: readonly { readonly name: string; readonly state: string; readonly fix: string | null }[]
}

const ready = async () => (await s.anonymous.http.get('/health/ready')).status

describe('s02: the state of the engine, and its restart', () => {
  it('tells what docker info tells, of the own containers alone', async () => {
    await runContainer(ann, withName('web'), withSpec({ restart: { policy: 'always' } }))
    await runContainer(s.admin, withName('other'), withSpec({ team: (await s.team('other')).name }))
    expect(await ann.ok('GET', '/system/info')).toMatchObject({
      engine: expect.stringMatching(/^\d+\.\d+/),
      storageDriver: 'overlay2',
      cpus: expect.any(Number),
      memory: expect.any(Number),
      cgroupVersion: expect.stringMatching(/^[12]$/),
      containers: { total: 1, running: 1, paused: 0, stopped: 0 },
    })
    expect(await s.admin.ok('GET', '/system/info')).toMatchObject({ containers: { total: 2 } })
  })

  it('says that the engine is down and what to do, shows the last state, and changes nothing', async () => {
    await engine.stop()
    await until('the gateway knows', async () => (await ready()) === 503)
    const check = await ann.ok<Check>('GET', '/system/check')
    expect(check.ready).toBe(false)
    expect(check.items).toMatchObject([{ name: 'engine', state: 'missing', fix: expect.stringContaining('systemctl start docker') }])
    const list = await ann.ok<List>('GET', '/containers?all=true')
    expect(list).toMatchObject({ stale: true, items: [{ name: 'web' }] })
    const down = { status: 503, code: 'engine_unavailable', hint: expect.stringContaining('/health/ready') }
    expect(await ann.fails('GET', '/system/info')).toMatchObject(down)
    expect(await ann.fails('POST', '/containers/web/stop')).toMatchObject(down)
    expect(await ann.fails('POST', '/containers', { image: 'berth.test/busybox:1' })).toMatchObject(down)
  })

  it('goes on by itself when the engine is back', async () => {
    await engine.start()
    await until('the gateway is ready', async () => (await ready()) === 200, 20_000)
    await until(
      'the list is of now',
      async () => {
        const { stale, items } = await ann.ok<List>('GET', '/containers')
        return !stale && items[0]?.state.status === 'running'
      },
      20_000,
    )
    await ann.ok('POST', '/containers/web/restart?timeout=0')
    expect((await ann.ok<Check>('GET', '/system/check')).ready).toBe(true)
  })

  it('bridges a restart for who is watching', async () => {
    const streams = streamsOf(ann)
    const events = await streams.open('system.events', { filters: { kind: ['container'] } })
    const seen: string[] = []
    void (async () => {
      for await (const record of events) seen.push('type' in record && record.type === 'event' ? record.action : 'gap')
    })()
    await engine.restart()
    await until('it was started again', () => seen.includes('start'), 30_000)
    streams.close()
  })
})
