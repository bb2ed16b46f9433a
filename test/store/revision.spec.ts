import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine, Inventory } from '../../src/engine/index.js'
import type { Container, Page } from '../containers/support/types.js'
import { startGateway, type Gateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { Actor, BASE_IMAGE, scenario, type Scenario } from '../support/scenario.js'

let postgres: Postgres
let one: Gateway
let two: Gateway
let s: Scenario
let here: Actor
let there: Actor

beforeAll(async () => {
  postgres = await Postgres.start()
  const databaseUrl = await postgres.database('berth')
  one = await startGateway({ databaseUrl })
  two = await startGateway({ databaseUrl })
  s = await scenario(one)
  here = await s.user('ann', { alpha: 'developer' })
  there = new Actor(two, { username: here.username, userId: here.userId, accessToken: here.accessToken })
  deafen(two)
})
afterAll(async () => {
  await s?.end()
  await one?.stop()
  await two?.stop()
  await postgres?.stop()
})

/** From now on the gateway hears no event: what it shows, it has asked for. */
function deafen(gateway: Gateway): void {
  const inventory: object = gateway.app.get(Inventory, { strict: false })
  Object.assign(inventory, { apply: () => undefined })
}

const create = (name: string) =>
  here.http
    .post('/containers')
    .send({ image: BASE_IMAGE, command: ['sleep', '300'], name })
    .expect(201)
const list = async (revision?: string) => {
  const request = there.http.get('/containers?all=true&name=deaf')
  const { body } = await (revision === undefined ? request : request.set('berth-revision', revision)).expect(200)
  return (body as Page<Container>).items.map(({ name, state }) => `${name} ${state.status}`)
}

describe('a read at another process that sends the revision of a write', () => {
  it('sees a creation, a start, a rename and a removal', async () => {
    const made = await create('deaf')
    expect(await list(made.headers['berth-revision'])).toEqual(['deaf created'])
    const started = await here.http.post('/containers/deaf/start').expect(200)
    // without it this process knows nothing of that
    expect(await list()).toEqual(['deaf created'])
    expect(await list(started.headers['berth-revision'])).toEqual(['deaf running'])
    const renamed = await here.http.post('/containers/deaf/rename').send({ name: 'deafer' }).expect(200)
    const { body } = await there.http.get('/containers/deafer').set('berth-revision', renamed.headers['berth-revision']!).expect(200)
    expect(body).toMatchObject({ name: 'deafer' })
    const removed = await here.http.delete('/containers/deafer?force=true').expect(204)
    expect(await list(removed.headers['berth-revision'])).toEqual([])
  })

  it('sees volumes', async () => {
    const made = await here.http.post('/volumes').send({ name: 'deaf' }).expect(201)
    const { body } = await there.http.get('/volumes').set('berth-revision', made.headers['berth-revision']!).expect(200)
    expect((body as Page<{ name: string }>).items.map(({ name }) => name)).toEqual(['deaf'])
    await here.http.delete('/volumes/deaf').expect(204)
  })

  it('may write as well, to what was just made', async () => {
    const made = await create('deaf')
    const revision = made.headers['berth-revision']!
    await there.http.post('/containers/deaf/start').set('berth-revision', revision).expect(200)
    await here.http.delete('/containers/deaf?force=true').expect(204)
  })

  it('costs the engine one round, however often it is sent', async () => {
    const made = await create('deaf')
    const revision = made.headers['berth-revision']!
    const { containers } = two.app.get(Engine, { strict: false })
    const ask = containers.list.bind(containers)
    let rounds = 0
    containers.list = (...args) => {
      rounds++
      return ask(...args)
    }
    try {
      for (let i = 0; i < 5; i++) await list(revision)
      expect(rounds).toBe(1)
      containers.list = () => new Promise(() => undefined)
      const next = await here.http.delete('/containers/deaf?force=true').expect(204)
      const late = await there.http.get('/containers').set('berth-revision', next.headers['berth-revision']!).expect(503)
      expect(late.body).toMatchObject({ code: 'engine_unavailable' })
    } finally {
      containers.list = ask
    }
  })
})

describe('a revision', () => {
  it('comes with what changes something, and with nothing else', async () => {
    expect((await here.http.get('/containers').expect(200)).headers['berth-revision']).toBeUndefined()
    expect(
      (await here.http.post('/containers?dryRun=true').send({ image: BASE_IMAGE }).expect(204)).headers['berth-revision'],
    ).toBeUndefined()
    expect((await here.http.post('/containers').send({ image: 5 }).expect(400)).headers['berth-revision']).toBeUndefined()
  })

  it('that nobody answered is an error, whoever made it up', async () => {
    const made = await create('deaf')
    const real = made.headers['berth-revision']!
    for (const revision of ['1', 'x'.repeat(600), `y${real}`, `${real.slice(0, -4)}AAAA`, real.replace(/\.\d+\./, '.999999.')]) {
      const { body } = await there.http.get('/containers').set('berth-revision', revision).expect(400)
      expect(body, revision).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/headers/Berth-Revision' }] })
    }
    await here.http.delete('/containers/deaf?force=true').expect(204)
  })
})
