import { head } from '../../http/support/raw.js'
import { ask, inTurn, open, rest, type Table, wire } from '../support/attack.js'

const bearer = (authorization: string) => ({ headers: { authorization } })
const json = (body: string) => ({ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
const login = (body: object) => rest('POST', '/auth/login', { body })

/** Who is not known gets nothing, by whatever way the proof of somebody is forged, bent or found. */
export const AUTHENTICATION: Table = {
  title: 'authentication',
  rows: [
    { name: 'no token at all', as: 'anonymous', send: rest('GET', '/containers'), answers: 'unauthenticated' },
    { name: 'an empty token', as: 'anonymous', send: rest('GET', '/me', bearer('Bearer ')), answers: 'unauthenticated' },
    { name: 'a made-up token', as: 'anonymous', send: rest('GET', '/me', bearer('Bearer aaaa.bbbb.cccc')), answers: 'unauthenticated' },
    {
      name: 'a token that says of itself that nobody signed it (alg none)',
      as: 'anonymous',
      send: rest('GET', '/me', { headers: (f) => ({ authorization: `Bearer ${unsigned(f.actor('root').accessToken!)}` }) }),
      answers: 'unauthenticated',
    },
    {
      name: 'a token of his own whose subject he has changed to the administrator',
      as: 'anonymous',
      send: rest('GET', '/users', {
        headers: (f) => ({ authorization: `Bearer ${other(f.actor('ann').accessToken!, f.actor('root').accessToken!)}` }),
      }),
      answers: 'unauthenticated',
    },
    {
      name: 'a refresh token in the place of an access token',
      as: 'anonymous',
      send: rest('GET', '/me', { headers: (f) => ({ authorization: `Bearer ${f.actor('ann').refreshToken}` }) }),
      answers: 'unauthenticated',
    },
    {
      name: 'a personal token with one character changed',
      as: 'anonymous',
      send: rest('GET', '/me', { headers: (f) => ({ authorization: `Bearer ${flip(f.actor('tok').accessToken!)}` }) }),
      answers: 'unauthenticated',
    },
    {
      name: 'the first half of a personal token',
      as: 'anonymous',
      send: rest('GET', '/me', { headers: (f) => ({ authorization: `Bearer ${half(f.actor('tok').accessToken!)}` }) }),
      answers: 'unauthenticated',
    },
    {
      name: 'CVE-2026-44883: a valid token in ?token=, which proxies and browsers write down (Portainer)',
      as: 'anonymous',
      send: rest('GET', (f) => `/me?token=${f.actor('ann').accessToken}`),
      answers: 'unauthenticated',
    },
    {
      name: 'a valid token in ?access_token=',
      as: 'anonymous',
      send: rest('GET', (f) => `/containers?access_token=${f.actor('ann').accessToken}`),
      answers: 'unauthenticated',
    },
    {
      name: 'a valid token in a cookie, which a foreign page would send along',
      as: 'anonymous',
      send: rest('GET', '/me', {
        headers: (f) => ({ cookie: `token=${f.actor('ann').accessToken}; portainer_api_key=${f.actor('ann').accessToken}` }),
      }),
      answers: 'unauthenticated',
    },
    {
      name: 'a valid token in X-Auth-Token, X-Api-Key and Proxy-Authorization',
      as: 'anonymous',
      send: rest('GET', '/me', {
        headers: (f) => ({
          'x-auth-token': f.actor('ann').accessToken!,
          'x-api-key': f.actor('ann').accessToken!,
          'proxy-authorization': `Bearer ${f.actor('ann').accessToken}`,
        }),
      }),
      answers: 'unauthenticated',
    },
    {
      name: 'the name of the administrator in the headers of a trusted proxy',
      as: 'anonymous',
      send: rest('GET', '/users', {
        headers: { 'x-forwarded-user': 'admin', 'remote-user': 'admin', 'x-webauth-user': 'admin', 'x-remote-group': 'admin' },
      }),
      answers: 'unauthenticated',
    },
    {
      name: 'user and password of the administrator as Basic, past the throttle',
      as: 'anonymous',
      send: rest('GET', '/me', bearer(`Basic ${Buffer.from('admin:correct horse battery staple').toString('base64')}`)),
      answers: 'unauthenticated',
    },
    {
      name: 'two Authorization headers, the second one good',
      as: 'ann',
      send: wire(() => [
        head('GET', '/api/v1/me', { authorization: 'Bearer nothing' }).replace('\r\n\r\n', '\r\nAuthorization: Bearer {token}\r\n\r\n'),
      ]),
      answers: 'unauthenticated',
    },
    {
      name: 'CVE-2026-23944: a path of a host behind this one, which nobody authenticated (Arcane)',
      as: 'anonymous',
      send: rest('GET', '/environments/1/containers'),
      answers: 'route_not_found',
    },
    {
      name: 'CVE-2026-55761: another set-up, or a restore, after the first one (Portainer)',
      as: 'anonymous',
      send: inTurn(
        rest('POST', '/restore', { body: {} }),
        rest('POST', '/setup', { body: { setupToken: 'x', username: 'evil', password: 'a long enough password 2' } }),
      ),
      answers: 'setup_done',
    },
    {
      name: 'a login by an object of a query language',
      as: 'anonymous',
      send: login({ username: { $ne: null }, password: { $ne: null } }),
      answers: 'invalid_request',
    },
    {
      name: 'a login by a piece of SQL',
      as: 'anonymous',
      send: login({ username: `' or '1'='1' --`, password: 'x' }),
      answers: 'invalid_credentials',
      leaves: 'refused',
    },
    {
      name: 'a login with a NUL in the name, which the database can not store',
      as: 'anonymous',
      send: login({ username: 'admin\u0000', password: 'correct horse battery staple' }),
      answers: 'invalid_request',
    },
    {
      name: 'a login with the name in other letters',
      as: 'anonymous',
      send: login({ username: 'ADMIN', password: 'wrong wrong wrong' }),
      answers: 'invalid_credentials',
      leaves: 'refused',
    },
    {
      name: 'a login with a password of a megabyte, to keep a core busy',
      as: 'anonymous',
      send: login({ username: 'admin', password: 'x'.repeat(900_000) }),
      answers: 'invalid_request',
    },
    {
      name: 'a login over GET, whose password would be in the log',
      as: 'anonymous',
      send: rest('GET', '/auth/login?username=admin&password=x'),
      answers: 'route_not_found',
    },
    {
      name: 'a login as a form, which any page of the web may send',
      as: 'anonymous',
      send: rest('POST', '/auth/login', {
        body: 'username=admin&password=x',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      answers: 'unsupported_media_type',
    },
    {
      name: 'the refresh token of somebody, forged from an access token',
      as: 'anonymous',
      send: rest('POST', '/auth/refresh', { body: (f) => ({ refreshToken: f.actor('ann').accessToken! }) }),
      answers: 'unauthenticated',
      leaves: 'tried',
    },
    {
      name: 'a body that is announced but not sent by who is not known: the head alone is answered',
      as: 'anonymous',
      send: wire(() => [head('POST', '/api/v1/containers', { 'content-type': 'application/json', 'content-length': 1_000 })]),
      answers: 'unauthenticated',
    },
    {
      name: 'a request smuggled behind a login',
      as: 'anonymous',
      send: wire(() => {
        const body = '{"username":"admin","password":"x"}GET /api/v1/users HTTP/1.1\r\nhost: gateway\r\n\r\n'
        return [head('POST', '/api/v1/auth/login', json(body)), body]
      }),
      answers: 'malformed_json',
    },
    {
      name: 'a socket without a token (CVE-2018-12678: an exec by a websocket that asked for none, Portainer)',
      as: 'anonymous',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.box.id, command: ['sh'] } }), { token: undefined }),
      answers: 'unauthenticated',
    },
    {
      name: 'CVE-2026-44985: a socket from a foreign page, with the token of who looks at it (Dozzle)',
      send: open((f) => ({ kind: 'container.exec', params: { container: f.web.id, command: ['sh'] } }), { origin: 'https://evil.example' }),
      answers: 'websocket error',
      leaves: 'none',
    },
    {
      name: 'a socket whose token is a list, so that a check of its length passes',
      as: 'anonymous',
      send: ask(() => ['stream:open', { kind: 'containers.watch', params: {} }], { token: ['a'.repeat(43)] }),
      answers: 'unauthenticated',
    },
    {
      name: 'a socket whose token is __proto__',
      as: 'anonymous',
      send: ask(() => ['stream:open', { kind: 'containers.watch', params: {} }], { token: { __proto__: null, toString: 'x' } }),
      answers: 'unauthenticated',
    },
  ],
}

function unsigned(token: string): string {
  const [, payload = 'e30'] = token.split('.')
  return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`
}

/** The claims of one with the signature of the other. */
function other(own: string, theirs: string): string {
  const [header, , signature] = own.split('.')
  return `${header}.${theirs.split('.')[1]}.${signature}`
}

function flip(token: string): string {
  return token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
}

function half(token: string): string {
  return token.slice(0, token.length / 2)
}
