import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../src/store/database.js'
import { type Gateway, startGateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { Actor, scenario, type Scenario } from '../support/scenario.js'
import { here, line, until } from './support.js'

let postgres: Postgres
let one: Gateway
let two: Gateway
let s: Scenario

beforeAll(async () => {
  postgres = await Postgres.start()
  const databaseUrl = await postgres.database('berth')
  one = await startGateway({ databaseUrl })
  two = await startGateway({ databaseUrl })
  s = await scenario(one)
})
afterAll(async () => {
  await s?.end()
  await one?.stop()
  await two?.stop()
  await postgres?.stop()
})

describe('events with two gateways', () => {
  it('are written by one of them and read at both, and by the other when that one ends', async () => {
    await s.team('alpha')
    const ann = await s.user('ann', { alpha: 'developer' })
    const there = new Actor(two, { username: ann.username, userId: ann.userId, accessToken: ann.accessToken })
    const from = await here(ann)
    await ann.ok('POST', '/volumes', { name: 'first' })
    for (const actor of [ann, there]) {
      const events = await until(actor, from, (all) => all.length > 0, '&kind=volume')
      expect(events.map(line)).toEqual(['volume create first'])
    }
    const leases = await two.app.get(Database, { strict: false }).selectFrom('leases').selectAll().where('name', '=', 'events').execute()
    expect(leases.length).toBe(1)
    // whichever of them holds it: the other takes over
    await one.halt()
    await there.ok('POST', '/volumes', { name: 'second' })
    const events = await until(there, from, (all) => all.length > 1, '&kind=volume')
    expect(events.map(line)).toEqual(['volume create first', 'volume create second'])
    for (const name of ['first', 'second']) await there.http.delete(`/volumes/${name}`).expect(204)
    await one.listen()
  })
})
