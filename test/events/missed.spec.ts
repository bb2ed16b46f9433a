import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { type Actor, runContainer, scenario, type Scenario, withName } from '../support/scenario.js'
import { here, line, recorded, until } from './support.js'

let engine: PrivateEngine
let s: Scenario
let ann: Actor

beforeAll(async () => {
  engine = await bed().startEngine()
  s = await scenario({ dockerHost: engine.dockerHost })
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterAll(async () => {
  await s?.end()
  await engine?.purge()
})

describe('what the gateway could not hear', () => {
  it('is a gap when the engine was started anew, and what comes after is told', async () => {
    const from = await here(ann)
    await runContainer(ann, withName('web'))
    await until(ann, from, (events) => events.map(line).includes('container start web'))
    await engine.kill()
    await engine.start()
    await expect.poll(async () => (await ann.http.post('/containers/web/start')).status, { timeout: 20_000 }).toBe(200)
    const events = await until(ann, from, (all) => all.filter((event) => line(event) === 'container start web').length === 2)
    const gap = events.findIndex(({ type }) => type === 'gap')
    expect(events[gap]).toMatchObject({ type: 'gap', reason: 'missed', from: events[gap - 1]!.time })
    expect(events.filter(({ type }) => type === 'gap').length).toBe(1)
  })

  it('is a gap when it was more than the engine remembers', async () => {
    const from = await here(ann)
    await ann.ok('POST', '/volumes', { name: 'before' })
    await until(ann, from, (events) => events.length > 0)
    await recorded(s)
    await s.gateway.halt()
    for (let at = 0; at < 150; at++) {
      await engineCall(engine.socketPath, 'POST', '/volumes/create', { Name: `beside-${at}` })
      await engineCall(engine.socketPath, 'DELETE', `/volumes/beside-${at}`)
    }
    await s.gateway.listen()
    await ann.ok('POST', '/volumes', { name: 'after' })
    const events = await until(ann, from, (all) => all.map(line).includes('volume create after'))
    expect(events.map((event) => (event.type === 'gap' ? 'gap' : line(event)))).toEqual([
      'volume create before',
      'gap',
      'volume create after',
    ])
  })
})
