import { head } from '../../http/support/raw.js'
import { type Attack, inTurn, rest, type Table, wire } from '../support/attack.js'

const auth = { authorization: 'Bearer {token}' }
/** A request of ann's whose target is exactly these bytes. */
const target = (method: string, path: string, headers: Record<string, string | number> = {}): Attack['send'] =>
  wire(() => [head(method, path, { ...auth, 'content-length': 0, ...headers })])
const json = (body: string) => ({ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })

/** One thing may have one name: what is not spelled as the document spells it is not there, so no rule can be walked around by spelling. */
const PATHS: readonly [what: string, method: string, path: string, code: string][] = [
  ['CVE-2026-72533: two slashes (Portainer: a path that is not canonical)', 'GET', '//api/v1/users', 'route_not_found'],
  ['two slashes within', 'GET', '/api/v1//users', 'route_not_found'],
  ['dots that lead from what he may to what he may not', 'GET', '/api/v1/me/../users', 'route_not_found'],
  ['dots, encoded', 'GET', '/api/v1/me/%2e%2e/users', 'route_not_found'],
  ['a slash, encoded', 'GET', '/api/v1%2Fusers', 'route_not_found'],
  ['a slash at the end', 'GET', '/api/v1/users/', 'route_not_found'],
  ['a dot at the end', 'GET', '/api/v1/users.', 'route_not_found'],
  ['an extension', 'GET', '/api/v1/users.json', 'route_not_found'],
  ['a matrix parameter', 'GET', '/api/v1/users;x=1', 'route_not_found'],
  ['capitals', 'GET', '/API/V1/USERS', 'route_not_found'],
  ['a letter, encoded', 'GET', '/api/v1/%75sers', 'permission_denied'],
  ['a letter, encoded in capitals where it is not allowed', 'POST', '/api/v1/%75sers', 'permission_denied'],
  ['a backslash', 'GET', '/api\\v1\\users', 'route_not_found'],
  ['an absolute address of another host', 'GET', 'http://evil.example/api/v1/users', 'permission_denied'],
  ['a tabulator', 'GET', '/api/v1/users%09', 'route_not_found'],
  ['a NUL', 'GET', '/api/v1/users%00', 'route_not_found'],
  ["the engine's own path", 'POST', '/v1.41/containers/create', 'route_not_found'],
  ["the engine's own path behind the docker edge", 'POST', '/docker/v1.41/plugins/pull', 'route_not_found'],
  ["a version of the engine's API from before there was any judgement", 'POST', '/v1.23/containers/web/start', 'route_not_found'],
]

const METHODS = ['TRACE', 'PROPFIND', 'PURGE', 'LINK', 'M-SEARCH']

export const HTTP: Table = {
  title: 'HTTP',
  rows: [
    ...PATHS.map(([what, method, path, answers]): Attack => ({
      name: `an address with ${what}`,
      send: target(method, path),
      answers,
    })),
    ...METHODS.map((method): Attack => ({
      name: `the method ${method}`,
      send: target(method, '/api/v1/users'),
      answers: 'route_not_found',
    })),
    { name: 'HEAD in the place of GET, of what he may not read', send: rest('HEAD', '/users'), answers: 'status 403', leaves: 'denied' },
    { name: 'HEAD in the place of a write', send: rest('HEAD', '/containers/web/stop'), answers: 'status 404', leaves: 'none' },
    { name: 'a head that never ends', send: wire(() => ['GET /api/v1/me HTTP/1.1\r\nhost: x\r\n']), answers: 'request_timeout' },
    {
      name: 'CONNECT, to make a proxy of it',
      send: wire(() => ['CONNECT 127.0.0.1:2375 HTTP/1.1\r\nhost: 127.0.0.1:2375\r\n\r\n']),
      answers: 'method_not_allowed',
    },
    {
      name: 'another method in a header',
      send: target('GET', '/api/v1/containers/web', { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' }),
      answers: 200,
      leaves: 'none',
    },
    {
      name: 'another address in a header',
      send: target('GET', '/api/v1/me', { 'x-original-url': '/api/v1/users', 'x-rewrite-url': '/api/v1/users' }),
      answers: 200,
      leaves: 'none',
      proof: (f, { bytes }) => {
        if (!bytes.includes(f.actor('ann').username)) throw new Error('it is not his own account')
      },
    },
    {
      name: 'an address of his own choice in X-Forwarded-For: the audit log has the real one',
      send: target('GET', '/api/v1/users', { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' }),
      answers: 'permission_denied',
      proof: async (f) => {
        const records = await f.recordsSince((await f.lastRecord()) - 1)
        if (records.at(-1)!.address.includes('203.0.113.9')) throw new Error('the address is believed')
      },
    },
    {
      name: 'a request id of his own choice',
      send: target('GET', '/api/v1/users', { 'x-request-id': '11111111-1111-4111-8111-111111111111', 'request-id': 'x' }),
      answers: 'permission_denied',
      proof: (_, { requestId }) => {
        if (requestId?.startsWith('11111111')) throw new Error('it is taken')
      },
    },
    {
      name: 'a length and chunks at once',
      send: wire(() => [
        head('POST', '/api/v1/containers', {
          ...auth,
          'content-type': 'application/json',
          'content-length': 5,
          'transfer-encoding': 'chunked',
        }),
        '0\r\n\r\nGET /api/v1/users HTTP/1.1\r\nhost: x\r\n\r\n',
      ]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'two lengths',
      send: wire(() => [
        head('POST', '/api/v1/containers', { ...auth, 'content-type': 'application/json', 'content-length': '5, 6' }),
        'xxxxxx',
      ]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'chunks in another spelling',
      send: wire(() => [
        head('POST', '/api/v1/containers', { ...auth, 'content-type': 'application/json', 'transfer-encoding': 'xchunked' }),
        '{}',
      ]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a header that is folded over two lines',
      send: wire(() => [`GET /api/v1/me HTTP/1.1\r\nhost: x\r\nauthorization:\r\n Bearer {token}\r\nx-y: a\r\n b\r\n\r\n`]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a space before the colon of a header',
      send: wire(() => [`GET /api/v1/me HTTP/1.1\r\nhost: x\r\nauthorization : Bearer {token}\r\n\r\n`]),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'line feeds alone',
      send: wire(() => ['GET /api/v1/users HTTP/1.1\nhost: x\nauthorization: Bearer {token}\n\n']),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'HTTP/0.9', send: wire(() => ['GET /api/v1/users\r\n\r\n']), answers: 'unauthenticated', leaves: 'none' },
    { name: 'HTTP/2 without a word', send: wire(() => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']), answers: 'invalid_request', leaves: 'none' },
    { name: 'TLS', send: wire(() => [Buffer.from('16030100c8010000c40303', 'hex')]), answers: 'invalid_request', leaves: 'none' },
    { name: '40 KB of headers', send: target('GET', '/api/v1/me', { 'x-pad': 'x'.repeat(40_000) }), answers: 'headers_too_large' },
    {
      name: 'a thousand headers',
      send: wire(() => [
        head('GET', '/api/v1/me', { ...auth, ...Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`x-${i}`, 'y'])) }),
      ]),
      answers: 'headers_too_large',
    },
    {
      name: 'a body on a GET, with another team in it',
      send: wire(() => [head('GET', '/api/v1/teams', { ...auth, ...json('{"team":"x"}') }), '{"team":"x"}']),
      answers: 200,
      leaves: 'none',
    },
    {
      name: 'an idempotency key of a megabyte',
      send: rest('GET', '/me', { headers: { 'idempotency-key': 'x'.repeat(10_000) } }),
      answers: 200,
      leaves: 'none',
    },
    {
      name: 'an idempotency key of 10 KB at a write',
      send: rest('POST', '/me/tokens', {
        headers: { 'idempotency-key': 'x'.repeat(10_000) },
        body: { name: 't', permissions: ['self.read'] },
      }),
      answers: 'invalid_request',
      leaves: 'none',
    },
    {
      name: 'a Host of somebody else, in no answer',
      send: target('GET', '/api/v1/me', { host: 'evil.example' }),
      answers: 200,
      leaves: 'none',
      proof: (_, { bytes }) => {
        if (bytes.includes('evil.example')) throw new Error('it is repeated')
      },
    },
    {
      name: 'CVE-2026-44881: a file of the host by a link in what is served (Portainer)',
      send: rest('GET', '/docs/..%2f..%2f..%2fetc%2fpasswd', { bare: true }),
      answers: 'route_not_found',
    },
    {
      name: 'CVE-2026-45632: a shell script in a text of ours (Dokploy)',
      send: inTurn(rest('POST', '/me/tokens', { body: { name: '$(touch /tmp/pwned)`id`;|&', permissions: ['self.read'] } })),
      answers: 201,
      leaves: 'tried',
      changes: true,
    },
  ],
}
