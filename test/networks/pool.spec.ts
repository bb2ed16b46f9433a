/** The range that an administrator sets for the teams' networks: nothing is ever made outside of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { type Actor, runContainer, scenario, type Scenario, type Team } from '../support/scenario.js'
import { type Network, networksOfEngine, wipe } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario({ env: { BERTH_NETWORK_POOL: '10.209.8.0/22' } })
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
})
afterAll(async () => {
  if (s) await wipe(s)
  await s?.end()
})

const create = (actor: Actor, name: string) => actor.ok<Network>('POST', '/networks', { name })

describe('a pool of four subnets', () => {
  it('gives each network one of them, leaves out what somebody else uses, and says when it has no more', async () => {
    const beside = await engineJson<{ Id: string }>(bed().socketPath, 'POST', '/networks/create', {
      Name: `beside-${s.suffix}`,
      CheckDuplicate: true,
      IPAM: { Config: [{ Subnet: '10.209.9.0/25' }] },
    })
    s.forget('networks', beside.Id)
    try {
      const { id } = await runContainer(ann)
      const byDefault = await ann.ok<Network>('GET', '/networks/default')
      const made = [byDefault, await create(ann, 'front'), await create(ben, 'front')]
      expect(new Set(made.map(({ subnet }) => subnet))).toEqual(new Set(['10.209.8.0/24', '10.209.10.0/24', '10.209.11.0/24']))
      const none = await ann.fails('POST', '/networks', { name: 'back' })
      expect(none).toMatchObject({ status: 503, code: 'network_pool_exhausted', hint: expect.stringContaining('BERTH_NETWORK_POOL') })
      expect((await networksOfEngine(alpha)).sort()).toEqual([`${alpha.name}--default`, `${alpha.name}--front`])
      // what is asked for lies within
      for (const ip of ['10.209.9.5', '10.201.0.5', '172.17.0.5'])
        expect(await ann.fails('POST', '/networks/front/connect', { container: id, ip })).toMatchObject({ errors: [{ pointer: '/ip' }] })
    } finally {
      await engineCall(bed().socketPath, 'DELETE', `/networks/${beside.Id}`)
    }
  })

  it('takes back what is removed', async () => {
    await ann.http.delete('/networks/front').expect(204)
    expect((await create(ann, 'again')).subnet).toMatch(/^10\.209\.(8|9|10|11)\.0\/24$/)
  })
})
