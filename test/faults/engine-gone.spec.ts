import { renameSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/app.js'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { until } from '../support/private-host.js'
import { runContainer, type Actor, type Made, scenario, type Scenario, withName, withSpec } from '../support/scenario.js'

/** What the issue promises: a clear error within a second, and recovery by itself within five. */
const REFUSED_MS = 1_000
const RECOVERED_MS = 5_000

let host: PrivateEngine

beforeAll(async () => {
  host = await bed().startEngine()
})

afterAll(async () => {
  await host?.purge()
})

async function refusedInTime(actor: Actor, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<void> {
  const start = performance.now()
  const problem = await actor.fails(method, path, body)
  expect({
    path,
    status: problem.status,
    code: problem.code,
    inTime: performance.now() - start < REFUSED_MS || performance.now() - start,
  }).toEqual({
    path,
    status: 503,
    code: 'engine_unavailable',
    inTime: true,
  })
}

async function readyStatus(gateway: Gateway): Promise<number> {
  return (await fetch(`${gateway.url}/health/ready`)).status
}

describe('a gateway without an engine at its start', () => {
  it('starts, says that it is not ready, answers 503, and serves when the engine comes', async () => {
    const away = `${host.socketPath}.away`
    renameSync(host.socketPath, away)
    await using gateway = await startGateway({ dockerHost: host.dockerHost })
    await using s = await scenario(gateway)
    try {
      expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
      const ready = await fetch(`${gateway.url}/health/ready`)
      expect([ready.status, ((await ready.json()) as { code: string }).code]).toEqual([503, 'engine_unavailable'])
      const check = await s.admin.ok<{ ready: boolean; items: { name: string; fix: string }[] }>('GET', '/system/check')
      expect(check.ready).toBe(false)
      expect(check.items[0]?.fix).toContain('BERTH_DOCKER_HOST')
      const team = await s.team('early')
      await refusedInTime(s.admin, 'GET', '/system/version')
      await refusedInTime(s.admin, 'GET', '/system/info')
      await refusedInTime(s.admin, 'POST', '/containers', { image: 'berth.test/busybox:1', name: 'early', team: team.name })
    } finally {
      renameSync(away, host.socketPath)
    }
    await until('the gateway to be ready', RECOVERED_MS, async () => (await readyStatus(gateway)) === 200)
    const made = await runContainer(s.admin, withName('early'), withSpec({ team: s.teams.get('early')!.name }))
    await s.admin.ok('DELETE', `/containers/${made.id}?force=true`)
  })
})

describe('an engine that goes while the gateway runs', () => {
  let s: Scenario
  let ann: Actor
  let web: Made

  beforeAll(async () => {
    s = await scenario({ dockerHost: host.dockerHost })
    await s.team('alpha')
    ann = await s.user('ann', { alpha: 'developer' })
    web = await runContainer(ann, withName('web'), withSpec({ restart: { policy: 'always' } }))
  })

  afterAll(async () => {
    await s?.end()
  })

  afterEach(async () => {
    await until('the gateway to be ready', RECOVERED_MS, async () => (await readyStatus(s.gateway)) === 200)
    const after = await runContainer(ann, withName('after'))
    const names = async () =>
      (await ann.ok<{ items: { name: string }[] }>('GET', '/containers?all=true')).items.map(({ name }) => name).sort()
    expect(await names()).toEqual(['after', 'web'])
    await ann.ok('DELETE', `/containers/${after.id}?force=true`)
    expect(await names()).toEqual(['web'])
  })

  /** Answers the status of both health routes. */
  async function everythingIsRefused(): Promise<number[]> {
    await refusedInTime(ann, 'POST', `/containers/${web.id}/stop`)
    await refusedInTime(ann, 'GET', `/containers/${web.id}/top`)
    await refusedInTime(ann, 'POST', '/containers', { image: 'berth.test/busybox:1', name: 'never' })
    await refusedInTime(ann, 'GET', '/system/version')
    // accounts and teams do not need it
    await ann.ok('GET', '/me')
    return [(await fetch(`${s.url}/health/live`)).status, await readyStatus(s.gateway)]
  }

  it('by kill -9 is told of within a second and found again', async () => {
    await host.kill()
    expect(await everythingIsRefused()).toEqual([200, 503])
    await host.start()
  })

  it('by SIGSTOP is told of within a second and found again, and nothing that was refused happens later', async () => {
    await host.freeze()
    try {
      expect(await everythingIsRefused()).toEqual([200, 503])
    } finally {
      host.thaw()
    }
    await until('the gateway to be ready', RECOVERED_MS, async () => (await readyStatus(s.gateway)) === 200)
    const names = await engineCall(host.dockerHost, 'GET', '/containers/json?all=true')
    expect(names.body).not.toContain('--never')
    const { items } = await ann.ok<{ items: { name: string }[] }>('GET', '/containers?status=running')
    expect(items.map(({ name }) => name)).toEqual(['web'])
  })

  it('by a restart is found again', async () => {
    await host.stop()
    expect(await everythingIsRefused()).toEqual([200, 503])
    await host.start()
  })
})
