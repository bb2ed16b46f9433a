/** Every write with `dryRun=true`: the same decision, and nothing changes, not even the audit log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operation, type OperationId, OPERATIONS } from '../../src/access/index.js'
import { ROUTES } from '../../clients/typescript/src/generated/routes.js'
import { ACTORS, expected, targetsOf, type Which } from './model.js'
import { SAMPLES } from './samples.js'
import { World } from './world.js'

const ALL = Object.keys(OPERATIONS) as OperationId[]
const REST = ALL.filter((id) => ['rest', 'both'].includes(operation(id).edge))
const WRITES = REST.filter((id) => operation(id).effect === 'write' && operation(id).target !== 'public')
const WHO = ACTORS.filter(({ name }) => ['viewer', 'admin'].includes(name))

let world: World
beforeAll(async () => {
  world = await World.make()
})
afterAll(() => world?.end())

function pathOf(id: OperationId, which: Which): string {
  const [, template] = ROUTES[id as keyof typeof ROUTES]
  const given: Readonly<Record<string, string>> = SAMPLES[id]!.path ?? {}
  const { target } = operation(id)
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? encodeURIComponent(world.ref(target, which)))
}

describe.each(WRITES)('%s with dryRun=true', (id) => {
  it.each(WHO)('by $name', async (who) => {
    const [method] = ROUTES[id as keyof typeof ROUTES]
    const { target } = operation(id)
    const sample = SAMPLES[id]!
    const which = targetsOf(id).includes('own') ? 'own' : 'none'
    const team = ['scope', 'team'].includes(target) && which === 'own' ? world.teams.own : undefined
    const wanted = expected(who, id, which)
    const before = await world.state()
    const query = ['dryRun=true', target === 'scope' && team ? `team=${team}` : '', sample.query].filter(Boolean).join('&')
    const request = world.actor(who).http[method.toLowerCase() as 'get'](`${pathOf(id, which)}?${query}`)
    const { status, body, headers } = await (sample.body
      ? request.send({ ...sample.body, ...(team && target === 'team' && { team }) })
      : request)
    const { code = null } = body as { code?: string }
    if (wanted !== 'allowed') expect(code).toBe(wanted)
    else if (status !== 204) expect(sample.passes).toContain(code)
    expect(await world.state()).toEqual(before)
    const records = (await world.audit(headers['x-request-id']!)).map(({ phase }) => phase)
    expect(records).toEqual([])
  })
})

describe('dryRun', () => {
  const admin = () => world.actor(ACTORS.find(({ name }) => name === 'admin')!)

  it('is no parameter of what changes nothing', async () => {
    for (const path of ['/containers?dryRun=true', '/me?dryRun=true', `/containers/${world.ref('container', 'own')}?dryRun=false`])
      expect(await admin().fails('GET', path), path).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/query/dryRun' }] })
  })

  it('is true or false', async () => {
    expect(await admin().fails('POST', '/teams?dryRun=1', { name: 'dry' })).toMatchObject({ errors: [{ pointer: '/query/dryRun' }] })
    await admin().http.post('/teams?dryRun=true').send({ name: 'dry' }).expect(204)
    await admin().http.post('/teams?dryRun=false').send({ name: 'dry' }).expect(201)
    await admin().http.delete('/teams/dry').expect(204)
  })
})
