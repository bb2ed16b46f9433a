/** What a registry that is not to be trusted gets to see of a credential: nothing, wherever it points. */
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RegistryAccess } from '../../src/common/registry-access.js'
import { type Actor, BASE_IMAGE, type Scenario, scenario, type Team } from '../support/scenario.js'
import { behindBasic, challenge, FakeServer, json } from './support/fake-registry.js'
import type { SavedRegistry } from './support/world.js'

const SECRET = { username: 'ann', password: 'never to be seen elsewhere' }
let s: Scenario
let alpha: Team
let maintainer: Actor

beforeAll(async () => {
  // only for this test: every fake listens beside the gateway
  s = await scenario({ env: { BERTH_REGISTRY_ALLOW: '127.0.0.0/8' } })
  alpha = await s.team('alpha')
  maintainer = await s.user('maintainer', { alpha: 'maintainer' })
})
afterAll(() => s?.end())

const save = (registry: FakeServer, more: object = {}) => ({
  name: `r${registry.host.split(':')[1]}`,
  url: registry.url,
  ...SECRET,
  ...more,
})
const credentialFor = (registry: string) =>
  s.gateway.app.get(RegistryAccess, { strict: false }).credentialFor(alpha.id, registry, { repository: 'a', action: 'pull' })

describe('a registry that names another place for the login', () => {
  it.each([
    ['another host', (evil: FakeServer) => `Bearer realm="${evil.url}/token",service="x"`],
    ['another host, beside an honest challenge', (evil: FakeServer) => `Basic realm="x", Bearer realm="${evil.url}/token"`],
    ['another host, in capitals', (evil: FakeServer) => `BEARER REALM="${evil.url.toUpperCase()}/token"`],
    ['another host, behind a user', (evil: FakeServer, own: FakeServer) => `Bearer realm="http://${own.host}@${evil.host}/token"`],
    [
      'another port of its own host',
      (evil: FakeServer, own: FakeServer) => `Bearer realm="http://${own.host.split(':')[0]}:${evil.host.split(':')[1]}/token"`,
    ],
    ['nothing', () => 'Bearer service="x"'],
    ['a file', () => 'Bearer realm="file:///etc/passwd"'],
    ['a way of its own', () => 'Negotiate'],
  ])('%s: nobody gets the credential', async (_, header) => {
    await using evil = await FakeServer.start(json({ token: 'x' }))
    await using registry = await FakeServer.start((request, response) => challenge(header(evil, registry))(request, response))
    const problem = await maintainer.fails('POST', '/registries', save(registry))
    expect(problem.code).toMatch(/^registry_(realm_refused|protocol)$/)
    expect([evil.seen, registry.trusted]).toEqual([[], []])
  })

  it('and only then, after it was saved: nobody gets it either, and no pull goes on', async () => {
    await using evil = await FakeServer.start(json({ token: 'x' }))
    let answer: RequestListener = behindBasic(json({}))
    await using registry = await FakeServer.start((request, response) => answer(request, response))
    const { id } = await maintainer.ok<SavedRegistry>('POST', '/registries', save(registry))
    expect(registry.trusted).toHaveLength(1)
    expect(await credentialFor(registry.host)).toMatchObject(SECRET)

    answer = challenge(`Bearer realm="${evil.url}/token"`)
    await expect(credentialFor(registry.host)).rejects.toEqual(expect.objectContaining({ code: 'REGISTRY_REALM_REFUSED' }))
    for (const [method, path] of [
      ['POST', 'check'],
      ['GET', 'repositories'],
      ['GET', 'repositories/a/tags'],
      ['DELETE', 'repositories/a/manifests/1'],
    ] as const) {
      const problem = await maintainer.fails(method, `/registries/${id}/${path}`)
      expect([problem.code, problem.detail]).toEqual(['registry_realm_refused', expect.stringContaining(evil.host)])
    }
    for (const kind of ['pull', 'push']) {
      const reference = `${registry.host}/a:1`
      if (kind === 'push') await maintainer.ok('POST', '/images/tag', { source: BASE_IMAGE, target: reference })
      const { body } = await maintainer.http.post(`/images/${kind}`).set('prefer', 'wait=60').send({ reference })
      expect([kind, body]).toMatchObject([kind, { state: 'failed', error: { code: 'registry_realm_refused' } }])
    }
    expect([evil.seen, registry.trusted]).toEqual([[], [expect.stringContaining('Basic ')]])
  })

  it('the one that was confirmed gets it, and the registry itself only the token', async () => {
    await using tokens = await FakeServer.start(json({ token: 'a-token', expires_in: 60 }))
    await using registry = await FakeServer.start((request, response) => {
      const known = request.headers.authorization === 'Bearer a-token'
      return (known ? json({}) : challenge(`Bearer realm="${tokens.url}/token",service="x",scope="repository:other/secret:pull,push"`))(
        request,
        response,
      )
    })
    await maintainer.ok('POST', '/registries', save(registry, { tokenHost: tokens.host }))
    expect(registry.trusted).toEqual(['Bearer a-token'])
    expect(tokens.seen).toEqual([
      { method: 'GET', path: '/token?service=x&account=ann', authorization: expect.stringMatching(/^Basic /) as string },
    ])
  })
})

it('a registry with a token service is not shown the password that it asks for', async () => {
  await using tokens = await FakeServer.start(json({ token: 'a-token' }))
  await using registry = await FakeServer.start(challenge('Basic realm="give it to me"'))
  expect((await maintainer.fails('POST', '/registries', save(registry, { tokenHost: tokens.host }))).code).toBe('registry_protocol')
  expect([registry.trusted, tokens.seen]).toEqual([[], []])
})

describe('a registry that redirects', () => {
  it.each([301, 302, 303, 307, 308])('%i: is not followed, before and after the login', async (status) => {
    await using evil = await FakeServer.start(json({}))
    const redirect: RequestListener = (request, response) =>
      void response.writeHead(status, { location: `${evil.url}${request.url}` }).end()
    await using first = await FakeServer.start(redirect)
    await using second = await FakeServer.start(behindBasic(redirect))
    for (const registry of [first, second]) {
      const problem = await maintainer.fails('POST', '/registries', save(registry))
      expect([problem.code, problem.detail]).toEqual(['registry_redirected', expect.stringContaining(evil.host)])
    }
    expect([evil.seen, first.trusted]).toEqual([[], []])
  })

  it('nor is its token service', async () => {
    await using evil = await FakeServer.start(json({ token: 'x' }))
    await using registry = await FakeServer.start((request, response) => {
      if (request.url?.startsWith('/token')) return void response.writeHead(307, { location: `${evil.url}/token` }).end()
      challenge(`Bearer realm="http://${request.headers.host}/token"`)(request, response)
    })
    expect((await maintainer.fails('POST', '/registries', save(registry))).code).toBe('registry_redirected')
    expect(evil.seen).toEqual([])
  })
})

describe('a registry that answers nonsense', () => {
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { digest: 'sha256:x', mediaType: 'x', size: 1 },
    layers: [],
  }
  const digest = `sha256:${createHash('sha256').update(JSON.stringify(manifest)).digest('hex')}`
  const lie = `sha256:${'0'.repeat(64)}`

  it.each<[string, RequestListener, string, string]>([
    [
      'a page of html',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello'),
      'check',
      'registry_protocol',
    ],
    ['a status of its own', json({}, 418), 'check', 'registry_protocol'],
    ['no names', json({ repositories: { length: 1 } }), 'repositories', 'registry_protocol'],
    ['no json', (_, response) => void response.end('{'), 'repositories', 'registry_protocol'],
    ['no catalog', json({}, 404), 'repositories', 'registry_unsupported'],
    ['an overload', json({}, 503), 'repositories', 'registry_unreachable'],
    [
      'more than fits',
      (_, response) => void response.end(`{"repositories":["${'x'.repeat(9 << 20)}"]}`),
      'repositories',
      'registry_protocol',
    ],
    ['another digest', json(manifest, 200, { 'docker-content-digest': lie }), 'repositories/a/manifests/1', 'registry_protocol'],
    ['other content', json(manifest), `repositories/a/manifests/${lie}`, 'registry_protocol'],
    ['no manifest', json({ ...manifest, layers: [{ digest: 1 }] }), 'repositories/a/manifests/1', 'registry_protocol'],
    ['a manifest of 2014', json({ schemaVersion: 1 }), 'repositories/a/manifests/1', 'registry_unsupported'],
  ])('%s: an error that says so', async (_, answer, path, code) => {
    let honest = true
    await using registry = await FakeServer.start((request, response) => (honest ? json({}) : answer)(request, response))
    const { id } = await maintainer.ok<SavedRegistry>('POST', '/registries', save(registry))
    honest = false
    expect((await maintainer.fails(path === 'check' ? 'POST' : 'GET', `/registries/${id}/${path}`)).code).toBe(code)
  })

  it('tells a good digest from a bad one', async () => {
    await using registry = await FakeServer.start(json(manifest))
    const { id } = await maintainer.ok<SavedRegistry>('POST', '/registries', save(registry))
    expect(await maintainer.ok('GET', `/registries/${id}/repositories/a/manifests/${digest}`)).toMatchObject({ digest, kind: 'image' })
  })

  it('a next page for ever, or at another host: there is an end', async () => {
    await using evil = await FakeServer.start(json({ tags: ['evil'] }))
    let page = 0
    await using registry = await FakeServer.start((request, response) => {
      const own = `<${request.url!.split('?')[0]}?last=${++page}>; rel="next"`
      json({ name: 'a', tags: [`t${page}`] }, 200, { link: page < 150 ? own : `<${evil.url}/v2/a/tags/list?n=1>; rel="next"` })(
        request,
        response,
      )
    })
    const { id } = await maintainer.ok<SavedRegistry>('POST', '/registries', save(registry))
    const { items } = await maintainer.ok<{ items: { name: string }[] }>('GET', `/registries/${id}/repositories/a/tags?limit=1000`)
    expect(items).toHaveLength(100)
    expect(evil.seen).toEqual([])
  })
})

it('a list without an end is given up before it fills the memory', async () => {
  const tags = Array.from({ length: 15_000 }, (_, at) => `t${at}`.padEnd(500, 'a'))
  let pages = 0
  await using registry = await FakeServer.start((request, response) => {
    const [path] = request.url!.split('?')
    if (path === '/v2/') return json({})(request, response)
    json({ name: 'a', tags }, 200, { link: `<${path}?last=${++pages}>; rel="next"` })(request, response)
  })
  const { id } = await maintainer.ok<SavedRegistry>('POST', '/registries', { name: 'endless', url: registry.url })
  expect(await maintainer.fails('GET', `/registries/${id}/repositories/a/tags?limit=1`)).toMatchObject({ code: 'registry_protocol' })
  expect(pages).toBeLessThan(5)
})

it('a registry that hangs, and one that is gone, are told apart', async () => {
  const silent = createServer((socket) => socket.resume().on('error', () => socket.destroy()))
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
  const { port } = silent.address() as { port: number }
  try {
    expect((await maintainer.fails('POST', '/registries', { name: 'hangs', url: `http://127.0.0.1:${port}` })).code).toBe(
      'registry_timeout',
    )
  } finally {
    await new Promise((done) => silent.close(done))
  }
  const gone = await maintainer.fails('POST', '/registries', { name: 'gone', url: `http://127.0.0.1:${port}` })
  expect([gone.code, gone.detail]).toEqual(['registry_unreachable', expect.stringContaining('nothing listens there')])
})

it('reaches no address of the host that nobody allowed', async () => {
  await using closed = await scenario()
  const team = await closed.team('alpha')
  const eve = await closed.user('eve', { alpha: 'maintainer' })
  await using inside = await FakeServer.start(json({}))
  for (const url of [inside.url, inside.url.replace('127.0.0.1', 'localhost'), 'http://169.254.169.254', closed.url]) {
    const problem = await eve.fails('POST', '/registries', { team: team.name, name: 'x', url })
    expect([problem.status, problem.code]).toEqual([403, 'registry_address_refused'])
  }
  expect(inside.seen).toEqual([])
})
