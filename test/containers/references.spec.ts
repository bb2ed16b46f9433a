import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, type Made, runContainer, scenario, type Scenario, withName, withoutStart } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let web: Made

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  web = await runContainer(ann, withName('web'), withoutStart())
})
afterAll(() => s?.end())

const BAD: readonly (readonly [string, string, number])[] = [
  ['nothing', '', 404],
  ['two dots', '..', 404],
  ['two dots, encoded', '%2e%2e', 404],
  ['a slash', 'a/b', 404],
  ['an encoded slash', 'a%2Fb', 400],
  ['a way out', '..%2Fx', 400],
  ['a hidden query', 'x%3Fforce=1', 400],
  ['a hidden fragment', 'x%23y', 400],
  ['300 characters', 'a'.repeat(300), 400],
  ['2000 characters', 'a'.repeat(2000), 400],
  ['NUL', '%00', 400],
  ['NUL at the end', 'web%00', 400],
  ['a line feed', 'web%0A', 400],
  ['a blank', 'we%20b', 400],
  ['not UTF-8', '%ff', 400],
  ['half an escape', '%2', 400],
  ['a sharp look-alike', encodeURIComponent('ｗｅｂ'), 400],
  ['an engine name', 'x--web', 404],
  ['a prefix that is too short', 'abc', 404],
]

describe('a reference that is none', () => {
  it.each(BAD)('%s', async (_, ref, status) => {
    for (const [method, rest] of [
      ['get', ''],
      ['get', '/top'],
      ['post', '/stop'],
      ['delete', ''],
    ] as const) {
      const answer = await ann.http[method](`/containers/${ref}${rest}`)
      // without a reference the address is another one: the list, or a route that is not there
      if (ref === '' || ref.startsWith('.') || ref.startsWith('%2e')) expect([200, 400, 404]).toContain(answer.status)
      else expect([400, status]).toContain(answer.status)
      if (answer.status >= 400) expect(answer.headers['content-type']).toContain('application/problem+json')
    }
    expect(await ann.ok('GET', '/containers/web')).toMatchObject({ id: web.id })
  })
})

describe('a reference', () => {
  it('is a name, the full id or a unique prefix', async () => {
    for (const ref of ['web', web.id, web.id.slice(0, 12), web.id.slice(0, 4)])
      expect(await ann.ok('GET', `/containers/${ref}`)).toMatchObject({ id: web.id })
  })

  it('means the name first, also where another id begins so', async () => {
    const prefix = web.id.slice(0, 8)
    const named = await runContainer(ann, withName(prefix), withoutStart())
    expect(await ann.ok('GET', `/containers/${prefix}`)).toMatchObject({ id: named.id })
    expect(await ann.ok('GET', `/containers/${web.id.slice(0, 9)}`)).toMatchObject({ id: web.id })
  })

  it('of two teams asks for the team, and names them', async () => {
    const beta = await s.team('beta')
    const both = await s.user('both', { alpha: 'developer', beta: 'viewer' })
    await runContainer(s.admin, withName('web'), withoutStart(), (draft) => void Object.assign(draft.spec, { team: beta.name }))
    const problem = await both.fails('GET', '/containers/web')
    expect(problem).toMatchObject({ code: 'ambiguous_reference', status: 409 })
    expect(problem.errors!.map(({ detail }) => detail).join()).toContain(beta.name)
    expect(await both.ok('GET', `/containers/web?team=${beta.name}`)).toMatchObject({ team: beta.name })
    expect(await both.ok('GET', `/containers/${web.id}`)).toMatchObject({ id: web.id })
    expect(await both.fails('DELETE', `/containers/web?team=${beta.name}`)).toMatchObject({ code: 'permission_denied' })
    expect(await both.fails('POST', '/containers', { image: BASE_IMAGE })).toMatchObject({ code: 'team_required' })
  })
})

describe('a query', () => {
  it.each([
    ['GET', '/containers?nope=1', '/query/nope'],
    ['GET', '/containers?all=perhaps', '/query/all'],
    ['GET', '/containers?limit=0', '/query/limit'],
    ['GET', '/containers?last=1.5', '/query/last'],
    ['GET', '/containers?status=asleep', '/query/status'],
    ['GET', '/containers?sort=size', '/query/sort'],
    ['GET', '/containers?publish=http', '/query/publish'],
    ['GET', '/containers?id=xyz', '/query/id'],
    ['GET', '/containers?cursor=!', '/query/cursor'],
    ['POST', '/containers/web/stop?timeout=-1', '/query/timeout'],
    ['POST', '/containers/web/stop?timeout=1e9', '/query/timeout'],
    ['POST', '/containers/web/start?force=1', '/query/force'],
    ['DELETE', '/containers/web?force=yes', '/query/force'],
    ['GET', '/containers/web/logs?tail=-1', '/query/tail'],
    ['GET', '/containers/web/logs?since=yesterday', '/query/since'],
    ['GET', '/containers/web/logs?since=2026-02-31T99:00:00Z', '/query/since'],
    ['GET', '/containers/web/logs?stdout=false&stderr=false', '/query/stderr'],
  ] as const)('that is wrong is named: %s %s', async (method, path, pointer) => {
    const problem = await ann.fails(method, path)
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(problem.errors!.map((each) => each.pointer)).toContain(pointer)
  })
})
