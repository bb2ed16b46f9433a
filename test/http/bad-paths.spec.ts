import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { scenario, type Scenario } from '../support/scenario.js'
import { expectProblem, head, raw } from './support/raw.js'
import { RecordingEngine } from './support/recording-engine.js'

let engine: RecordingEngine
let s: Scenario

beforeAll(async () => {
  engine = await RecordingEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  engine.taken()
})

afterAll(async () => {
  // first, or it mends the tags that the sweep removes
  await s?.gateway.halt()
  await s?.end()
  await engine?.stop()
})

afterEach(async () => {
  expect(engine.taken(), 'calls of the engine for what was refused').toEqual([])
  expect((await raw(s.url, head('GET', '/health/live'))).status).toBe(200)
})

/** What stands in the place of an id; all of it percent-encoded where it must be to be sent at all. */
const IDS = {
  nothing: '',
  'a dot': '.',
  'two dots': '..',
  'two dots, encoded': '%2e%2e',
  'a slash': 'a/b/c',
  'a slash, encoded': '..%2fx',
  'a slash, encoded twice': '..%252fx',
  'a backslash': '..%5cx',
  'a query, encoded': 'x%3Fforce=1',
  'a fragment, encoded': 'x%23y',
  '300 characters': 'a'.repeat(300),
  '3000 characters': 'a'.repeat(3_000),
  'a NUL': 'a%00b',
  'a line feed': 'a%0ab',
  'a header, by line feeds': 'x%0d%0aX-Evil:%201',
  'a percent sign alone': '%',
  'half an encoding': '%2',
  'no hex digits': '%zz',
  'overlong utf-8': '%c0%ae%c0%ae',
  'a lone surrogate': '%ed%a0%80',
  'the prototype': '__proto__',
  'a constructor': 'constructor',
  'two slashes': '/web',
  'a matrix parameter': 'x;force=1',
  'an umlaut': '%C3%A4',
  'the right-to-left mark': '%E2%80%8Fweb',
} as const

const ROUTES = {
  'GET a container': ['GET', '/containers/', ''],
  'DELETE a container': ['DELETE', '/containers/', '?force=true'],
  'stop a container': ['POST', '/containers/', '/stop'],
  'GET an image': ['GET', '/images/', ''],
  'DELETE an image': ['DELETE', '/images/', ''],
  'GET a volume': ['GET', '/volumes/', ''],
  'GET a network': ['GET', '/networks/', ''],
  'GET a job': ['GET', '/jobs/', ''],
  'cancel a job': ['DELETE', '/jobs/', ''],
  'GET a user': ['GET', '/users/', ''],
  'DELETE a user': ['DELETE', '/users/', ''],
  'GET a team': ['GET', '/teams/', ''],
  'DELETE a team': ['DELETE', '/teams/', ''],
  'DELETE a member': ['DELETE', '/teams/x/members/', ''],
  'DELETE a session': ['DELETE', '/me/sessions/', ''],
  'DELETE a token': ['DELETE', '/me/tokens/', ''],
  'GET a role': ['GET', '/roles/', ''],
} as const

describe.each(Object.entries(ROUTES))('%s', (_, [method, before, after]) => {
  it.each(Object.entries(IDS))('answers a clear error for %s', async (_, id) => {
    const path = `/api/v1${before}${id}${after}`
    const answer = await raw(s.url, head(method, path, { authorization: `Bearer ${s.admin.accessToken}`, 'content-length': 0 }))
    // nothing is not an id, and may be the list
    if (id === '' && method === 'GET' && after === '' && answer.status === 200) return
    expect([400, 404]).toContain(answer.status)
    expectProblem(answer)
  })

  it.each(Object.entries(IDS))('does not say more to who is not known, for %s', async (_, id) => {
    const answer = await raw(s.url, head(method, `/api/v1${before}${id}${after}`, { 'content-length': 0 }))
    expect([400, 401, 404]).toContain(answer.status)
    expectProblem(answer)
  })
})

describe('the address', () => {
  it.each([
    ['two slashes before', '//api/v1/containers'],
    ['two slashes within', '/api//v1/containers'],
    ['dots that lead out', '/api/v1/../../etc/passwd'],
    ['dots within', '/api/v1/teams/../users'],
    ['another version', '/api/v2/containers'],
    ['no version', '/containers'],
    ['another case', '/API/V1/containers'],
    ['a slash at the end', '/api/v1/containers/'],
    ['an absolute address', 'http://evil.example/api/v1/nothing'],
    ['a star', '*'],
    ['a percent sign in the query', '/api/v1/containers?limit=%'],
    ['8 KB of query', `/api/v1/containers?x=${'a'.repeat(8_000)}`],
    ['the engine itself', '/v1.41/containers/json'],
    ['the engine through the docker edge', '/docker/v1.41/containers/json'],
    ['static files of the reference page, leading out', '/docs/..%2f..%2fpackage.json'],
    ['static files, leading out unencoded', '/docs/../../package.json'],
  ])('with %s is a clear error', async (_, path) => {
    const answer = await raw(s.url, head('GET', path, { authorization: `Bearer ${s.admin.accessToken}` }))
    expect([400, 404]).toContain(answer.status)
    expectProblem(answer)
  })

  it.each(['FOO', 'get', 'GETT', 'PROPFIND', 'TRACE', 'CONNECT', 'OPTIONS', 'PUT', 'PURGE', 'M-SEARCH'])(
    'with the method %s is a clear error',
    async (method) => {
      const answer = await raw(s.url, head(method, '/api/v1/containers', { authorization: `Bearer ${s.admin.accessToken}` }))
      expect([400, 404, 405]).toContain(answer.status)
      expectProblem(answer)
    },
  )

  it('answers HEAD as GET, without a body', async () => {
    const authorization = `Bearer ${s.admin.accessToken}`
    const [get, found] = [
      await raw(s.url, head('GET', '/api/v1/teams', { authorization })),
      await headOnly('/api/v1/teams', { authorization }),
    ]
    expect([found.status, found.type]).toEqual([200, get.headers['content-type']])
    expect(found.body).toBe('')
    const missing = await headOnly('/api/v1/teams/none', { authorization })
    expect([missing.status, missing.body]).toEqual([404, ''])
    const unknown = await headOnly('/api/v1/teams', {})
    expect([unknown.status, unknown.body]).toEqual([401, ''])
  })
})

async function headOnly(path: string, headers: Record<string, string>): Promise<{ status: number; type: string | null; body: string }> {
  const answer = await fetch(s.url + path, { method: 'HEAD', headers })
  return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() }
}
