import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { expectProblem, head, raw, RawConnection } from './support/raw.js'
import { RecordingEngine } from './support/recording-engine.js'

let engine: RecordingEngine
let s: Scenario
let ann: Actor
let team: Team

beforeAll(async () => {
  engine = await RecordingEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  team = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
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

const MB = 1_048_576
const JSON_TYPE = { 'content-type': 'application/json' }

function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string | number> = JSON_TYPE,
): Promise<Awaited<ReturnType<typeof raw>>> {
  const authorization = `Bearer ${ann.accessToken}`
  return raw(s.url, head('POST', `/api/v1${path}`, { authorization, 'content-length': Buffer.byteLength(body), ...headers }), body)
}

describe('a body', () => {
  const nested = (depth: number) => `{"image":"x","labels":${'['.repeat(depth)}${']'.repeat(depth)}}`

  it.each<[string, string | Buffer, number, string]>([
    ['nothing', '', 400, 'invalid_request'],
    ['half an object', '{"image":', 400, 'malformed_json'],
    ['two documents', '{"image":"x"}{"image":"y"}', 400, 'malformed_json'],
    ['a comment', '{"image":"x"/* */}', 400, 'malformed_json'],
    ['a byte order mark', '\ufeff{"image":"x"}', 400, 'malformed_json'],
    ['bytes that are no utf-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
    ['10,000 nested arrays', nested(10_000), 400, 'malformed_json'],
    ['10,000 opened arrays', '['.repeat(10_000), 400, 'malformed_json'],
    ['a duplicate key', '{"image":"x","image":"y"}', 400, 'malformed_json'],
    ['a key that differs by case', '{"image":"x","Image":"y"}', 400, 'malformed_json'],
    ['a key that folds to another', '{"resources":{},"re\u017fources":{}}', 400, 'malformed_json'],
    ['a duplicate key, escaped', '{"image":"x","im\\u0061ge":"y"}', 400, 'malformed_json'],
    ['a list', '[]', 400, 'invalid_request'],
    ['a string', '"x"', 400, 'invalid_request'],
    ['null', 'null', 400, 'invalid_request'],
    ['an unknown key', '{"image":"x","hostConfig":{"Privileged":true}}', 400, 'invalid_request'],
    ["the engine's own shape", '{"Image":"x","HostConfig":{"Binds":["/:/host"]}}', 400, 'invalid_request'],
    ['an own __proto__', '{"image":"x","__proto__":{"privileged":true}}', 400, 'invalid_request'],
    ['a constructor', '{"image":"x","constructor":{"prototype":{"admin":true}}}', 400, 'invalid_request'],
    ['a nested __proto__', '{"image":"x","resources":{"__proto__":{"memory":1}}}', 400, 'invalid_request'],
    ['a number as an image', '{"image":1}', 400, 'invalid_request'],
    ['a team that is an object', '{"image":"x","team":{"$ne":null}}', 400, 'invalid_request'],
    ['a team of 65 characters', `{"image":"x","team":"${'a'.repeat(65)}"}`, 400, 'invalid_request'],
    ['a number that is none', '{"image":"x","resources":{"cpus":1e999}}', 400, 'invalid_request'],
  ])('with %s is refused', async (_, body, status, code) => {
    const problem = expectProblem(await post('/containers', body))
    expect([problem.status, problem.code]).toEqual([status, code])
  })

  it('with an unknown key is told which one, and with a duplicate one where', async () => {
    const unknown = expectProblem(await post('/containers', '{"image":"x","resources":{"memry":1}}'))
    expect(unknown.errors?.map(({ pointer }) => pointer)).toContain('/resources/memry')
    const twice = expectProblem(await post('/containers', '{"image":"x","resources":{"memory":1,"memory":2}}'))
    expect(twice.errors).toEqual([{ pointer: '/resources/memory', detail: 'duplicate key' }])
  })

  it('does not change the prototype of anything', async () => {
    await post('/containers', '{"image":"x","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it.each([
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['another charset', 'application/json; charset=utf-16'],
    ['an old charset', 'application/json;charset="iso-8859-1"'],
    ['almost json', 'application/jsonx'],
    ['a tar where none belongs', 'application/x-tar'],
    ['nonsense', ';;;'],
  ])('as %s is refused', async (_, type) => {
    const problem = expectProblem(await post('/containers', '{"image":"x"}', { 'content-type': type }))
    expect([400, 415]).toContain(problem.status)
  })

  it('as json in utf-8, named in another way, is read', async () => {
    const problem = expectProblem(await post('/containers', '{"imag":"x"}', { 'content-type': 'Application/JSON; Charset="UTF-8"' }))
    expect(problem.errors?.map(({ pointer }) => pointer)).toContain('/imag')
  })

  it('without a content type is refused', async () => {
    expect(expectProblem(await post('/containers', '{"image":"x"}', {})).status).toBe(415)
  })

  it('on a GET changes nothing', async () => {
    const authorization = `Bearer ${ann.accessToken}`
    const body = '{"team":"other"}'
    const answer = await raw(s.url, head('GET', '/api/v1/teams', { authorization, ...JSON_TYPE, 'content-length': body.length }), body)
    expect(answer.status).toBe(200)
    expect(answer.body).toContain(team.name)
  })
})

describe('a body of 20 MB', () => {
  it('is refused by its announced length, before any of it is sent', async () => {
    const authorization = `Bearer ${ann.accessToken}`
    const connection = new RawConnection(s.url)
    try {
      connection.send(
        head('POST', '/api/v1/containers', { authorization, ...JSON_TYPE, 'content-length': 20 * MB, connection: 'keep-alive' }),
      )
      const problem = expectProblem(await connection.answer())
      expect([problem.status, problem.code, problem.detail]).toEqual([413, 'body_too_large', `the body is larger than ${MB} bytes`])
    } finally {
      connection.destroy()
    }
  })

  it('without a length is refused after the limit, and not kept in memory', async () => {
    const authorization = `Bearer ${ann.accessToken}`
    const connection = new RawConnection(s.url)
    try {
      connection.send(
        head('POST', '/api/v1/containers', { authorization, ...JSON_TYPE, 'transfer-encoding': 'chunked', connection: 'keep-alive' }),
      )
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, '['), Buffer.from('\r\n')])
      for (let sent = 0; sent < 20; sent++) connection.send(chunk)
      expect(expectProblem(await connection.answer()).code).toBe('body_too_large')
    } finally {
      connection.destroy()
    }
  })

  it('that is sent whole leaves a connection that serves the next request, or is closed', async () => {
    const authorization = `Bearer ${ann.accessToken}`
    const connection = new RawConnection(s.url)
    try {
      connection.send(
        head('POST', '/api/v1/containers', { authorization, ...JSON_TYPE, 'content-length': 20 * MB, connection: 'keep-alive' }),
      )
      connection.send(Buffer.alloc(20 * MB, '['))
      const refused = await connection.answer()
      expect(expectProblem(refused).code).toBe('body_too_large')
      if (refused.headers['connection'] === 'close') return await connection.closed()
      connection.send(head('GET', '/health/live'))
      expect((await connection.answer()).status).toBe(200)
    } finally {
      connection.destroy()
    }
  })

  it.each(['/containers', '/images/pull', '/teams', '/me/password'])(
    'of somebody who is not known is refused before it is read, on %s',
    async (path) => {
      const connection = new RawConnection(s.url)
      try {
        connection.send(head('POST', `/api/v1${path}`, { ...JSON_TYPE, 'content-length': 20 * MB }))
        const answer = await connection.answer()
        expect(expectProblem(answer).code).toBe('unauthenticated')
        expect(answer.headers['www-authenticate']).toBe('Bearer')
      } finally {
        connection.destroy()
      }
    },
  )
})

describe('a query', () => {
  it.each([
    ['an unknown key', '?limt=1'],
    ['a key twice', '?limit=1&limit=2'],
    ['a team twice', '?team=a&team=b'],
    ['a list', '?limit[]=1'],
    ['the prototype', '?__proto__=1'],
    ['a nested prototype', '?__proto__[x]=1'],
    ['a constructor', '?constructor=1'],
    ['another case', '?Limit=1'],
    ['words for a number', '?limit=many'],
    ['a number too large', '?limit=1e99'],
    ['a number below one', '?limit=0'],
    ['a cursor that is none', '?cursor=%00%ff'],
    ['NUL in a team', '?team=a%00b'],
    ['a huge team', `?team=${'a'.repeat(5_000)}`],
  ])('with %s is refused', async (_, query) => {
    for (const path of ['/containers', '/teams', '/jobs']) {
      const authorization = `Bearer ${ann.accessToken}`
      const problem = expectProblem(await raw(s.url, head('GET', `/api/v1${path}${query}`, { authorization })))
      expect({ path, status: [400, 404].includes(problem.status) ? 'refused' : problem.status }).toEqual({ path, status: 'refused' })
    }
  })

  it('with an unknown key on a write is refused before anything is done', async () => {
    const problem = expectProblem(await post('/containers/web/stop?force=1', ''))
    expect([400, 404]).toContain(problem.status)
    const force = expectProblem(await post('/me/password?force=1', '{}'))
    expect(force.errors).toEqual([{ pointer: '/query/force', detail: 'is not a parameter of this operation' }])
  })
})

describe('a connection', () => {
  it('that ends within a body is told so and closed', async () => {
    const connection = new RawConnection(s.url)
    connection.send(head('POST', '/api/v1/auth/login', { ...JSON_TYPE, 'content-length': 1_000 })).send('{"username":"x')
    await new Promise<void>((done) => connection.socket.once('connect', () => setTimeout(done, 50)))
    connection.socket.end()
    expect(expectProblem(await connection.answer()).code).toBe('invalid_request')
    await connection.closed()
    connection.destroy()
  })

  it('with 64 KB of headers is told so', async () => {
    const problem = expectProblem(await raw(s.url, head('GET', '/health/live', { 'x-large': 'a'.repeat(65_536) })))
    expect([problem.status, problem.code]).toEqual([431, 'headers_too_large'])
  })

  it('that is not http is told so', async () => {
    for (const bytes of [
      '\0\0\0\0\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'GET /health/live HTTP/9.9\r\n\r\n',
      'GET /a\0b HTTP/1.1\r\nhost: x\r\n\r\n',
    ])
      expect(expectProblem(await raw(s.url, Buffer.from(bytes, 'latin1'))).status).toBe(400)
  })

  it('with two lengths, or a length and chunks, is refused: the proxy before us may read it otherwise', async () => {
    const start = 'POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
    for (const lengths of [
      'content-length: 2\r\ncontent-length: 3\r\n',
      'content-length: 2\r\ntransfer-encoding: chunked\r\n',
      'content-length: -1\r\n',
      'transfer-encoding: chunked, identity\r\n',
    ])
      expect(expectProblem(await raw(s.url, `${start}${lengths}\r\n{}`)).status).toBe(400)
  })

  it('that sends its head byte by byte holds nobody else up, and is ended', async () => {
    const slow = new RawConnection(s.url)
    slow.send('GET /health/live HTTP/1.1\r\n')
    const drip = setInterval(() => slow.send('x-a: b\r\n'), 500)
    try {
      const others = await Promise.all(Array.from({ length: 20 }, () => raw(s.url, head('GET', '/health/live'))))
      expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]))
      expect(expectProblem(await slow.answer()).code).toBe('request_timeout')
      await slow.closed()
    } finally {
      clearInterval(drip)
      slow.destroy()
    }
  }, 40_000)
})

describe('a token', () => {
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"admin","exp":9999999999}').toString('base64url')}.`
  it.each([
    ['nothing', 'Bearer'],
    ['a space', 'Bearer '],
    ['no scheme', 'a.b.c'],
    ['another scheme', 'Basic YWRtaW46eA=='],
    ['a jwt of dots', 'Bearer ...'],
    ['a jwt of nonsense', 'Bearer a.b.c'],
    ['a jwt that nobody signed', `Bearer ${unsigned}`],
    ['a jwt with a null head', `Bearer ${Buffer.from('null').toString('base64url')}.e30.x`],
    ['10 KB', `Bearer ${'a'.repeat(10_000)}`],
    ['two tokens', 'Bearer a.b.c, Bearer d.e.f'],
    ['other bytes', 'Bearer \u00e4\u00ff'],
    ['a personal token that is none', 'Bearer berth_pat_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  ])('that is %s is refused', async (_, authorization) => {
    const answer = await raw(s.url, Buffer.from(head('GET', '/api/v1/me', { authorization }), 'latin1'))
    expect(expectProblem(answer).code).toBe('unauthenticated')
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  it.each(['alg none', 'another payload', 'a cut signature', 'another signature'])(
    'that was good once, with %s, is refused',
    async (how) => {
      const [header = '', payload = '', signature = ''] = ann.accessToken!.split('.')
      const other = Buffer.from(
        JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: s.admin.userId ?? 'admin' }),
      ).toString('base64url')
      const forged = {
        'alg none': `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`,
        'another payload': `${header}.${other}.${signature}`,
        'a cut signature': `${header}.${payload}.${signature.slice(0, -4)}`,
        'another signature': `${header}.${payload}.${s.admin.accessToken!.split('.')[2]}`,
      }[how]!
      expect(expectProblem(await raw(s.url, head('GET', '/api/v1/me', { authorization: `Bearer ${forged}` }))).code).toBe('unauthenticated')
    },
  )

  it('in the address is not taken', async () => {
    const answer = await raw(s.url, head('GET', `/api/v1/me?access_token=${ann.accessToken}`))
    expect(expectProblem(answer).code).toBe('unauthenticated')
  })

  it('with a request id of its own does not choose ours', async () => {
    const answer = await raw(s.url, head('GET', '/health/live', { 'x-request-id': 'mine', 'request-id': 'mine' }))
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})
