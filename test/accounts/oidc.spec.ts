import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usernameOf } from '../../src/accounts/oidc/oidc-users.js'
import { Database } from '../../src/store/database.js'
import { Actor, isDocumented } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, gatewayAlone, type Items, type Login, person } from './support/people.js'
import { Browser, CLIENT, TestProvider } from './support/provider.js'

interface Me {
  readonly username: string
  readonly displayName: string
  readonly hostRole: string | null
  readonly teams: { name: string; role: string }[]
}

let gateway: Gateway
let provider: TestProvider
let admin: Actor

beforeAll(async () => {
  // the address of the gateway is known only when it runs, and each needs the other's
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  provider = await TestProvider.start(`${url}/api/v1/auth/oidc/callback`)
  gateway = await gatewayAlone({ port, env: settings(url) })
  admin = await adminOf(gateway)
  for (const name of ['alpha', 'beta']) await admin.ok('POST', '/teams', { name })
})
afterAll(async () => {
  await gateway?.stop()
  await provider?.[Symbol.asyncDispose]()
})

function settings(url: string): Record<string, string> {
  return {
    BERTH_OIDC_ISSUER: provider.issuer,
    BERTH_OIDC_CLIENT_ID: CLIENT.id,
    BERTH_OIDC_CLIENT_SECRET: CLIENT.secret,
    BERTH_OIDC_REDIRECT_URL: `${url}/api/v1/auth/oidc/callback`,
    BERTH_OIDC_GROUP_ROLES:
      'leads=alpha:maintainer,devs=alpha:developer,devs=beta:viewer,devs=nowhere:viewer,staff=auditor,odd=beta:no-such-role',
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function answer(response: Response): Promise<{ status: number; body: Login & { code: string; detail: string } }> {
  const text = await response.text()
  const body = JSON.parse(text) as Login & { code: string; detail: string }
  const headers = { 'content-type': response.headers.get('content-type') ?? '', 'x-request-id': response.headers.get('x-request-id') ?? '' }
  isDocumented('GET', '/api/v1/auth/oidc/callback')({ status: response.status, headers, body, text } as never)
  return { status: response.status, body }
}

async function login(browser = new Browser()): Promise<Actor> {
  const { status, body } = await answer(await browser.get(await browser.toCallback(gateway.url)))
  expect(status).toBe(200)
  return new Actor(gateway, { username: 'from the provider', ...body })
}

describe('a login at the provider', () => {
  it('makes the user at the first time, with the roles of their groups', async () => {
    provider.account = { sub: 'ann-1', preferred_username: 'Ann.Lee@example.org', name: 'Ann Lee', groups: ['devs', 'others'] }
    const ann = await login()
    expect(await ann.ok<Me>('GET', '/me')).toMatchObject({
      username: 'ann.lee',
      displayName: 'Ann Lee',
      hostRole: null,
      teams: [
        { name: 'alpha', role: 'developer' },
        { name: 'beta', role: 'viewer' },
      ],
    })
    const { items } = await admin.ok<Items<{ principal: string; phase: string }>>('GET', '/audit?operation=OidcCallback&limit=3')
    expect(items.map(({ phase, principal }) => `${phase} ${principal}`)).toEqual([
      'outcome anonymous',
      'opened ann.lee',
      'intent anonymous',
    ])
  })

  it('finds them again by issuer and subject, and brings their roles to what the groups say now', async () => {
    await admin.ok('POST', '/teams', { name: 'gamma' })
    await admin.ok('PUT', '/teams/gamma/members/ann.lee', { role: 'viewer' })
    provider.account = { sub: 'ann-1', preferred_username: 'somebody-else', name: 'x', groups: ['leads', 'devs', 'staff'] }
    const ann = await login()
    expect(await ann.ok<Me>('GET', '/me')).toMatchObject({
      username: 'ann.lee',
      hostRole: 'auditor',
      teams: [{ name: 'alpha', role: 'maintainer' }, { name: 'beta' }, { name: 'gamma' }],
    })
    provider.account = { sub: 'ann-1', groups: [] }
    const again = await login()
    // the mapping does not speak of gamma
    expect(await again.ok<Me>('GET', '/me')).toMatchObject({ hostRole: null, teams: [{ name: 'gamma', role: 'viewer' }] })
    // the older sessions of the same user have lost them too
    await ann.http.get('/teams/alpha').expect(404)
  })

  it('takes nobody else’s account: neither by name nor by a name that is reserved', async () => {
    await person(admin, 'bob', { teams: { alpha: 'maintainer' } })
    provider.account = { sub: 'evil-bob', preferred_username: 'bob', groups: [] }
    const bob = await (await login()).ok<Me>('GET', '/me')
    expect(bob.username).toMatch(/^bob-[0-9a-f]{8}$/)
    expect(bob.teams).toEqual([])
    provider.account = { sub: 'evil-admin', preferred_username: 'admin', groups: [] }
    expect((await (await login()).ok<Me>('GET', '/me')).username).toMatch(/^admin-[0-9a-f]{8}$/)
    provider.account = { sub: 'system', preferred_username: 'system' }
    expect((await (await login()).ok<Me>('GET', '/me')).username).toBe('user')
  })

  it('gives nothing by a role or team that there is not', async () => {
    provider.account = { sub: 'odd-1', preferred_username: 'odd', groups: ['odd'] }
    expect(await (await login()).ok<Me>('GET', '/me')).toMatchObject({ teams: [] })
  })

  it('makes one user of two logins at once', async () => {
    provider.account = { sub: 'twin', preferred_username: 'twin', groups: ['devs'] }
    const actors = await Promise.all([login(), login(), login()])
    const ids = await Promise.all(actors.map(async (actor) => (await actor.ok<{ id: string }>('GET', '/me')).id))
    expect(new Set(ids).size).toBe(1)
  })

  it('is nothing for a disabled user', async () => {
    provider.account = { sub: 'dis', preferred_username: 'dis' }
    await login()
    await admin.ok('PATCH', '/users/dis', { disabled: true })
    const browser = new Browser()
    const { status, body } = await answer(await browser.get(await browser.toCallback(gateway.url)))
    expect([status, body.code]).toEqual([401, 'invalid_credentials'])
  })

  it('leaves no password to log in with, and its sessions are like any other', async () => {
    provider.account = { sub: 'ses', preferred_username: 'ses' }
    const ses = await login()
    const anonymous = new Actor(gateway, { username: 'x', accessToken: null })
    for (const password of ['-', ' ', 'ses'])
      expect((await anonymous.fails('POST', '/auth/login', { username: 'ses', password })).status).toBe(401)
    const next = await anonymous.ok<Login>('POST', '/auth/refresh', { refreshToken: ses.refreshToken })
    expect(next.accessToken).toBeTruthy()
    await ses.ok('POST', '/auth/logout')
    await ses.http.get('/me').expect(401)
  })
})

describe('the last administrator', () => {
  it('keeps the role, whatever their groups say', async () => {
    const db = gateway.app.get(Database, { strict: false })
    provider.account = { sub: 'root', preferred_username: 'root', groups: [] }
    const root = await login()
    const me = await root.ok<{ id: string }>('GET', '/me')
    await admin.ok('PATCH', `/users/${me.id}`, { hostRole: 'admin' })
    await db.updateTable('users').set({ disabled: 1 }).where('username', '=', 'admin').execute()
    try {
      expect(await (await login()).ok<Me>('GET', '/me')).toMatchObject({ hostRole: 'admin' })
    } finally {
      await db.updateTable('users').set({ disabled: 0 }).where('username', '=', 'admin').execute()
    }
    expect(await (await login()).ok<Me>('GET', '/me')).toMatchObject({ hostRole: null })
  })
})

describe('an answer of the provider', () => {
  const refused = async (browser: Browser, url: string) => {
    const { status, body } = await answer(await browser.get(url))
    return [status, body.code]
  }

  it('is good only in the browser that asked, and once', async () => {
    provider.account = { sub: 'csrf', preferred_username: 'csrf' }
    const [mine, theirs] = [new Browser(), new Browser()]
    const url = await mine.toCallback(gateway.url)
    expect(await refused(theirs, url)).toEqual([401, 'oidc_refused'])
    // begun there too, but it is not the answer to that
    await theirs.toCallback(gateway.url)
    expect(await refused(theirs, url)).toEqual([401, 'oidc_refused'])
    expect((await answer(await mine.get(url))).status).toBe(200)
    expect(mine.cookies(gateway.url).size).toBe(0)
    expect(await refused(mine, url)).toEqual([401, 'oidc_refused'])
  })

  it.each<[string, (url: URL) => void]>([
    ['another state', (url) => url.searchParams.set('state', 'x')],
    ['no state', (url) => url.searchParams.delete('state')],
    ['another code', (url) => url.searchParams.set('code', 'x')],
    ['no code', (url) => url.searchParams.delete('code')],
    ['another issuer', (url) => url.searchParams.set('iss', 'https://evil.example')],
    ['two codes', (url) => url.searchParams.append('code', 'x')],
    ['an error', (url) => url.searchParams.set('error', 'server_error')],
  ])('with %s is refused', async (_, falsify) => {
    provider.account = { sub: 'fal', preferred_username: 'fal' }
    const browser = new Browser()
    const url = new URL(await browser.toCallback(gateway.url))
    falsify(url)
    expect(await refused(browser, url.href)).toEqual([401, 'oidc_refused'])
  })

  it('may have what other providers add', async () => {
    provider.account = { sub: 'add', preferred_username: 'add' }
    const browser = new Browser()
    const url = `${await browser.toCallback(gateway.url)}&session_state=x&scope=openid&authuser=0`
    expect((await answer(await browser.get(url))).status).toBe(200)
  })

  it('that refuses says so, without the provider’s text', async () => {
    provider.account = null
    const browser = new Browser()
    const { status, body } = await answer(await browser.get(await browser.toCallback(gateway.url)))
    expect([status, body.code]).toEqual([401, 'oidc_refused'])
    expect(JSON.stringify(body)).not.toContain('not you')
  })

  it('needs a cookie of this gateway', async () => {
    for (const value of ['x', 'v1.00000000.AAAA', `v1.${'a'.repeat(5000)}`]) {
      const response = await fetch(`${gateway.url}/api/v1/auth/oidc/callback?code=x&state=y`, {
        headers: { cookie: `berth_oidc=${value}` },
      })
      expect((await answer(response)).body.code).toBe('oidc_refused')
    }
  })
})

describe('the way to the provider', () => {
  it('asks with PKCE, state and nonce, anew each time, and keeps them from scripts and other sites', async () => {
    const ask = async () => {
      const response = await fetch(`${gateway.url}/api/v1/auth/oidc/login`, { redirect: 'manual' })
      expect(response.status).toBe(302)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('set-cookie')).toMatch(
        /^berth_oidc=v1\.[\w.-]+; Path=\/api\/v1\/auth\/oidc; Max-Age=600; HttpOnly; SameSite=Lax$/,
      )
      return new URL(response.headers.get('location')!)
    }
    const [first, second] = [await ask(), await ask()]
    expect(first.origin).toBe(provider.issuer)
    const query = Object.fromEntries(first.searchParams)
    expect(query).toMatchObject({
      client_id: CLIENT.id,
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: 'openid profile email',
    })
    for (const name of ['state', 'nonce', 'code_challenge'] as const) {
      expect(query[name]).toMatch(/^[\w-]{43}$/)
      expect(second.searchParams.get(name)).not.toBe(query[name])
    }
  })

  it('is closed without a provider, and says so when it does not answer', async () => {
    const none = await gatewayAlone()
    const nobody = new Actor(none, { username: 'x', accessToken: null })
    expect((await nobody.fails('GET', '/auth/oidc/login')).code).toBe('oidc_not_configured')
    expect((await nobody.fails('GET', '/auth/oidc/callback?code=x&state=y')).code).toBe('oidc_refused')
    await none.stop()
    const gone = await gatewayAlone({
      env: { ...settings('http://127.0.0.1:1'), BERTH_OIDC_ISSUER: `http://127.0.0.1:${await freePort()}` },
    })
    const problem = await new Actor(gone, { username: 'x', accessToken: null }).fails('GET', '/auth/oidc/login')
    expect([problem.status, problem.code]).toEqual([503, 'oidc_unavailable'])
    await gone.stop()
  })
})

describe('the name of a new user', () => {
  it.each([
    ['Ann.Lee@example.org', 'ann.lee'],
    ['ANN LEE', 'ann-lee'],
    ['Änne', 'nne'],
    ['名前', 'user'],
    ['', 'user'],
    ['anonymous', 'user'],
    ['sa.alpha.ci', 'user'],
    ['0f0f0f0f-0000-4000-8000-000000000000', 'user'],
    ['x'.repeat(200), 'x'.repeat(63)],
    ['../../etc', 'etc'],
  ])('%j is %s', (claim, name) => {
    expect(usernameOf(claim)).toBe(name)
  })
})
