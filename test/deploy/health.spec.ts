import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, scenario, type Scenario } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let auditor: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'maintainer' })
  auditor = await s.user('otto', {}, { hostRole: 'auditor' })
})

afterAll(async () => {
  // first, or it mends the tags that the sweep removes
  await s?.gateway.halt()
  await s?.end()
})

describe('health', () => {
  it.each(['/health/live', '/health/ready'])('%s is for everybody', async (path) => {
    const { status, body } = await s.anonymous.http.get(path)
    expect([status, body]).toEqual([200, { status: 'ok' }])
  })

  it('is not below the version of the API', async () => {
    expect((await s.anonymous.http.get('/api/v1/health/live')).status).toBe(404)
  })
})

describe('metrics', () => {
  it('are for administrators and auditors, in the text format of Prometheus', async () => {
    for (const actor of [s.admin, auditor]) {
      const { text, headers } = await actor.http.get('/metrics').expect(200)
      expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
      expect(text).toMatch(/^berth_engine_up 1$/m)
      expect(text).toMatch(/^berth_inventory_stale 0$/m)
      expect(text).toMatch(/^berth_process_cpu_seconds_total /m)
    }
  })

  it('are for nobody else', async () => {
    expect((await s.anonymous.fails('GET', '/metrics')).code).toBe('unauthenticated')
    expect((await ann.fails('GET', '/metrics')).code).toBe('permission_denied')
    const token = await s.token(s.admin, ['containers.read'])
    expect((await token.fails('GET', '/metrics')).code).toBe('permission_denied')
    const scraper = await s.token(s.admin, ['system.metrics'])
    await scraper.http.get('/metrics').expect(200)
  })

  it('count answers by operation and status, without a label that a client chooses', async () => {
    await ann.http.get('/teams/nobody-has-this-name').expect(404)
    await ann.http.get('/no/such/route').expect(404)
    const { text } = await s.admin.http.get('/metrics').expect(200)
    expect(text).toMatch(/^berth_http_requests_total\{operation="TeamInspect",status="404"\} 1$/m)
    expect(text).not.toContain('nobody-has-this-name')
    expect(text).not.toContain('no/such/route')
  })
})
