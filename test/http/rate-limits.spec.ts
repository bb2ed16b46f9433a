import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { rawSocket } from '../streams/support.js'
import { adminOf, gatewayAlone, person, tryLogin } from '../accounts/support/people.js'

const PRINCIPAL = 20
const ADDRESS = 60

async function statuses(count: number, ask: () => PromiseLike<{ status: number }>): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, ask))
  return answers.map(({ status }) => status)
}

const passed = (all: readonly number[]) => all.filter((status) => status !== 429).length

describe('requests of a principal', () => {
  let gateway: Gateway
  let admin: Actor
  beforeAll(async () => {
    gateway = await gatewayAlone({ env: { BERTH_RATE_LIMIT_PRINCIPAL: String(PRINCIPAL), BERTH_RATE_LIMIT_ADDRESS: '0' } })
    admin = await adminOf(gateway)
  })
  afterAll(() => gateway?.stop())

  it('are limited over all sessions and tokens together, and say when to come again', async () => {
    const ann = await person(admin, 'ann')
    const { token } = await ann.ok<{ token: string }>('POST', '/me/tokens', { name: 't', permissions: ['self.read'] })
    const program = supertest(gateway.url)
    const all = [
      ...(await statuses(PRINCIPAL / 2, () => ann.http.get('/me'))),
      ...(await statuses(PRINCIPAL, () => program.get('/api/v1/me').set('authorization', `Bearer ${token}`))),
    ]
    // one was the token
    expect(passed(all)).toBe(PRINCIPAL - 1)
    const refused = await ann.http.get('/me').expect(429)
    expect(refused.body).toMatchObject({ code: 'rate_limited' })
    expect(Number(refused.headers['retry-after'])).toSatisfy((s: number) => Number.isInteger(s) && s >= 1 && s <= 60)
    // nobody else is
    await (await person(admin, 'bob')).http.get('/me').expect(200)
  })

  it('count connects of sockets too', async () => {
    const dan = await person(admin, 'dan')
    await statuses(PRINCIPAL - 1, () => dan.http.get('/me'))
    using first = await rawSocket(gateway.url, { token: dan.accessToken! })
    expect(first.disconnected).toBe(false)
    await expect(rawSocket(gateway.url, { token: dan.accessToken! })).rejects.toMatchObject({ data: { code: 'rate_limited', status: 429 } })
  })

  it('count also where they are denied', async () => {
    const carl = await person(admin, 'carl')
    expect(await statuses(PRINCIPAL, () => carl.http.get('/users'))).toEqual(Array.from({ length: PRINCIPAL }, () => 403))
    await carl.http.get('/users').expect(429)
  })
})

describe('requests of an address', () => {
  const ask = (gateway: Gateway, forwardedFor?: string) => {
    const request = supertest(gateway.url).get('/api/v1/openapi.json')
    return forwardedFor === undefined ? request : request.set('x-forwarded-for', forwardedFor)
  }

  it('are limited before anybody is known, but never the health checks', async () => {
    const gateway = await gatewayAlone({ env: { BERTH_RATE_LIMIT_ADDRESS: String(ADDRESS) } })
    const all = [
      ...(await statuses(ADDRESS / 2, () => ask(gateway))),
      ...(await statuses(ADDRESS, () => supertest(gateway.url).get('/api/v1/me').set('authorization', 'Bearer nothing'))),
    ]
    expect(passed(all)).toBe(ADDRESS)
    const refused = await tryLogin(gateway, 'admin', 'x')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)])
    expect(refused.body).toMatchObject({ code: 'rate_limited' })
    await expect(rawSocket(gateway.url, { token: 'nothing' })).rejects.toMatchObject({ data: { code: 'rate_limited' } })
    // what nobody offers counts and is limited too
    expect((await supertest(gateway.url).get('/nowhere')).status).toBe(429)
    await supertest(gateway.url).get('/health/live').expect(200)
    await gateway.stop()
  })

  it('are told apart by X-Forwarded-For from a trusted proxy alone', async () => {
    const env = { BERTH_RATE_LIMIT_ADDRESS: '10' }
    const [direct, behind] = [await gatewayAlone({ env }), await gatewayAlone({ env: { ...env, BERTH_TRUSTED_PROXIES: '127.0.0.1' } })]
    let n = 0
    expect(passed(await statuses(30, () => ask(direct, `198.51.100.${++n}`)))).toBe(10)
    n = 0
    expect(passed(await statuses(30, () => ask(behind, `198.51.100.${++n}`)))).toBe(30)
    expect(passed(await statuses(30, () => ask(behind, '203.0.113.1')))).toBe(10)
    // the proxy adds at the end: what a client puts before it is the client's own word
    n = 0
    expect(passed(await statuses(30, () => ask(behind, `192.0.2.${++n}, 203.0.113.9`)))).toBe(10)
    // one customer has a whole /64
    n = 0
    expect(passed(await statuses(30, () => ask(behind, `2001:db8:1:2::${(++n).toString(16)}`)))).toBe(10)
    await direct.stop()
    await behind.stop()
  })
})
