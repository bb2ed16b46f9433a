import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccessChanges } from '../../src/access/index.js'
import { ADMIN, startGateway, type Gateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { until } from '../support/private-host.js'
import { Actor, runContainer, scenario, type Scenario, withName } from '../support/scenario.js'
import { Redis } from './support/redis.js'

const CUT_MS = 1_000
const CHANNEL = 'berth:access-changes'

let postgres: Postgres
let redis: Redis
let one: Gateway
let two: Gateway
let s: Scenario

beforeAll(async () => {
  postgres = await Postgres.start()
  redis = await Redis.prepare()
  const databaseUrl = await postgres.database('berth')
  // Redis is down at first: nothing may depend on it
  one = await startGateway({ databaseUrl, env: { BERTH_REDIS_URL: redis.url } })
  two = await startGateway({ databaseUrl, env: { BERTH_REDIS_URL: redis.url } })
  s = await scenario(one)
})

afterAll(async () => {
  await one?.stop()
  await two?.stop()
  await s?.end()
  await redis?.stop()
  await postgres?.stop()
})

/** The same person with the same token, at the other gateway. */
function at(gateway: Gateway, actor: Actor): Actor {
  return new Actor(gateway, { username: actor.username, userId: actor.userId, accessToken: actor.accessToken })
}

/** How long it took until the answer had this status, in ms. */
async function timeTo(status: number, ask: () => Promise<{ status: number }>): Promise<number> {
  const start = performance.now()
  await until(`status ${status}`, 10_000, async () => (await ask()).status === status)
  return performance.now() - start
}

describe('the gateway on PostgreSQL', () => {
  it('runs a container from its creation to its end', async () => {
    await s.team('alpha')
    const ann = await s.user('ann', { alpha: 'developer' })
    const web = await runContainer(ann, withName('web'))
    await ann.ok('POST', `/containers/${web.id}/restart?timeout=0`)
    expect((await ann.fails('POST', '/containers', { image: 'berth.test/busybox:1', name: 'web' })).code).toBe('name_in_use')
    await ann.ok('DELETE', '/containers/web?force=true')
    expect((await ann.fails('GET', '/containers/web')).code).toBe('not_found')
    const audit = await s.admin.ok<{ items: { operation: string; phase: string; seq: number }[] }>(
      'GET',
      `/audit?principal=${ann.username}&limit=1000`,
    )
    const made = audit.items.filter(({ operation }) => operation === 'ContainerCreate').map(({ phase }) => phase)
    expect(made.sort()).toEqual(['intent', 'intent', 'outcome', 'outcome'])
  })

  it.each(['a\0b', '\ud800', "'; drop table users; --"])('answers bad text as the embedded database does: %j', async (text) => {
    for (const gateway of [one, two]) {
      const login = await new Actor(gateway, { username: 'x', accessToken: null }).fails('POST', '/auth/login', {
        username: text,
        password: 'x',
      })
      expect(login.status).toBeLessThan(500)
    }
  })
})

describe('two gateways on one database, without a Redis', () => {
  it('show each other’s containers and never give one name twice', async () => {
    const team = await s.team('shared')
    const ann = await s.user('eve', { shared: 'developer' })
    const spec = { image: 'berth.test/busybox:1', name: 'one', command: ['sleep', '60'] }
    const answers = await Promise.all([one, two, one, two].map((gateway) => at(gateway, ann).http.post('/containers').send(spec)))
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['201', '409', '409', '409'])
    for (const gateway of [one, two])
      await until(
        'the list',
        5_000,
        async () => (await at(gateway, ann).ok<{ items: object[] }>('GET', `/containers?all=true&team=${team.name}`)).items.length === 1,
      )
    await at(two, ann).ok('DELETE', '/containers/one?force=true')
  })

  it('a session that is ended at one is over at the other within a second', async () => {
    const bob = await s.user('bob')
    const there = at(two, bob)
    await there.ok('GET', '/me')
    await bob.ok('POST', '/auth/logout')
    expect(await timeTo(401, () => there.http.get('/me'))).toBeLessThan(CUT_MS)
  })

  it('a role that is taken at one is gone at the other within a second', async () => {
    const team = await s.team('beta')
    const cid = await s.user('cid', { beta: 'developer' })
    const there = at(two, cid)
    await there.ok('GET', `/teams/${team.name}`)
    await s.admin.ok('DELETE', `/teams/${team.name}/members/${cid.userId}`)
    expect(await timeTo(404, () => there.http.get(`/teams/${team.name}`))).toBeLessThan(CUT_MS)
  })

  it('a user who is disabled at one is out at the other within a second', async () => {
    const dan = await s.user('dan')
    const there = at(two, dan)
    await there.ok('GET', '/me')
    await s.admin.ok('PATCH', `/users/${dan.userId}`, { disabled: true })
    expect(await timeTo(401, () => there.http.get('/me'))).toBeLessThan(CUT_MS)
  })

  it('one that starts leaves the running mutations of the other alone', async () => {
    const team = await s.team('gamma')
    const gus = await s.user('gus', { gamma: 'developer' })
    const slow = await runContainer(gus, withName('slow'))
    const stopping = gus.http.post(`/containers/${slow.id}/stop?timeout=4`).then(({ status }) => status)
    const phases = async () => {
      const { items } = await s.admin.ok<{ items: { phase: string; result: string }[] }>(
        'GET',
        `/audit?operation=ContainerStop&principal=${gus.username}`,
      )
      return items.map(({ phase, result }) => `${phase} ${result}`)
    }
    await until('the intent', 5_000, async () => (await phases()).length === 1)
    await two.restart()
    expect(await stopping).toBe(200)
    expect(await phases()).toEqual(['outcome ok', 'intent ok'])
    await gus.ok('DELETE', `/containers/slow?force=true&team=${team.name}`)
  })
})

describe('two gateways with a Redis that comes later', () => {
  it('tell each other of every change at once, and go on when it is gone again', async () => {
    await redis.start()
    await until('both to listen', 15_000, async () => (await redis.listeners(CHANNEL)) === 2)
    const heard: object[] = []
    const unlisten = two.app.get(AccessChanges, { strict: false }).listen((change) => heard.push(change))
    const eli = await s.user('eli')
    heard.length = 0
    await s.admin.ok('PATCH', `/users/${eli.userId}`, { disabled: true })
    await until('the change at the other one', 5_000, () => heard.some((change) => 'userId' in change && change.userId === eli.userId))
    unlisten()

    await redis.stop()
    const flo = await s.user('flo')
    const there = at(two, flo)
    await there.ok('GET', '/me')
    await flo.ok('POST', '/auth/logout')
    expect(await timeTo(401, () => there.http.get('/me'))).toBeLessThan(CUT_MS)
    await Actor.login(two, ADMIN)
  })
})

describe('a database that goes while the gateway runs', () => {
  it('is told of, nothing is changed meanwhile, and all goes on when it is back', async () => {
    await postgres.halt()
    const ready = await fetch(`${one.url}/health/ready`)
    expect(ready.status).toBeGreaterThanOrEqual(500)
    expect((await fetch(`${one.url}/health/live`)).status).toBe(200)
    const problem = await s.admin.fails('POST', '/teams', { name: 'never' })
    expect(problem.status).toBeGreaterThanOrEqual(500)
    expect(JSON.stringify(problem)).not.toMatch(/postgres|ECONN|\/tmp/)
    await postgres.resume()
    for (const gateway of [one, two])
      await until('the gateway', 15_000, async () => (await fetch(`${gateway.url}/health/ready`)).status === 200)
    await s.admin.ok('GET', '/teams')
  })
})
