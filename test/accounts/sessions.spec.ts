import { SignJWT } from 'jose'
import { randomBytes, randomUUID } from 'node:crypto'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authenticator } from '../../src/access/index.js'
import { SessionStore } from '../../src/store/sessions.store.js'
import { SettingsStore } from '../../src/store/settings.store.js'
import { UserStore } from '../../src/store/users.store.js'
import { Actor } from '../support/actor.js'
import { ADMIN, type Gateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { until } from '../support/private-host.js'
import { adminOf, as, gatewayAlone, type Items, type Login, PASSWORD, person, tryLogin } from './support/people.js'

interface Session {
  readonly id: string
  readonly current: boolean
  readonly address: string
  readonly userAgent: string
}

let gateway: Gateway
let admin: Actor

beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
})
afterAll(() => gateway?.stop())

const login = (username: string, password = PASSWORD) => Actor.login(gateway, { username, password })
const refresh = (refreshToken: unknown) => as(gateway, null).http.post('/auth/refresh').send({ refreshToken })
const works = async (actor: Actor) => (await actor.http.get('/me')).status === 200
const isDead = async (actor: Actor) => (await actor.http.get('/me')).status === 401

describe('bearer tokens', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const soon = () => Math.floor(Date.now() / 1000) + 600
  const own = (accessToken: string) =>
    JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>
  const key = async () => Buffer.from((await gateway.app.get(SettingsStore, { strict: false }).get('access_token_key'))!, 'base64')
  const signed = async (claims: Record<string, unknown>, signingKey: Uint8Array, alg = 'HS256') =>
    new SignJWT(claims).setProtectedHeader({ alg }).sign(signingKey)

  const BAD: [string, (good: string) => string | Promise<string>][] = [
    ['garbage', () => 'garbage'],
    ['only dots', () => '..'],
    ['four parts', (good) => `${good}.x`],
    ['no signature', (good) => `${good.split('.').slice(0, 2).join('.')}.`],
    ['alg none', (good) => `${part({ alg: 'none' })}.${good.split('.')[1]}.`],
    ['alg none with the old signature', (good) => `${part({ alg: 'none' })}.${good.split('.').slice(1).join('.')}`],
    ['another key', async (good) => signed(own(good), randomBytes(32))],
    ['the right key with HS512', async (good) => signed(own(good), Buffer.concat([await key(), Buffer.alloc(32)]), 'HS512')],
    ['the right key with HS384', async (good) => signed(own(good), await key(), 'HS384').catch(() => 'x.y.z')],
    ['changed claims', (good) => [good.split('.')[0], part({ ...own(good), sub: randomUUID() }), good.split('.')[2]].join('.')],
    ['expired', async (good) => signed({ ...own(good), exp: soon() - 700 }, await key())],
    ['no expiry', async (good) => signed({ sub: own(good)['sub'], sid: own(good)['sid'] }, await key())],
    ['no session', async (good) => signed({ sub: own(good)['sub'], exp: soon() }, await key())],
    ['a session that does not exist', async (good) => signed({ ...own(good), sid: randomUUID() }, await key())],
    ['a session of another user', async (good) => signed({ ...own(good), sub: randomUUID() }, await key())],
    ['claims of other types', async () => signed({ sub: 1, sid: { a: 1 }, exp: soon() }, await key())],
    ['NUL in the session', async (good) => signed({ ...own(good), sid: '\0' }, await key())],
    ['a payload that is not json', (good) => [good.split('.')[0], Buffer.from('x').toString('base64url'), good.split('.')[2]].join('.')],
    ['a header that is not json', (good) => ['e30x', ...good.split('.').slice(1)].join('.')],
    ['a header that is null', (good) => [part(null), ...good.split('.').slice(1)].join('.')],
    ['a critical header', (good) => [part({ alg: 'HS256', crit: ['x'], x: 1 }), ...good.split('.').slice(1)].join('.')],
    ['4096 characters', () => 'a'.repeat(4096)],
    ['4097 characters', () => 'a'.repeat(4097)],
    ['4096 dots', () => '.'.repeat(4096)],
    ['a refresh token', () => admin.refreshToken!],
    ['a personal token that was never made', () => `berth_pat_${'A'.repeat(43)}`],
    ['the prefix of personal tokens', () => 'berth_pat_'],
    ['__proto__', () => '__proto__'],
  ]

  it.each(BAD)('are refused: %s', async (_, make) => {
    const token = await make(admin.accessToken!)
    const { body } = await as(gateway, token).http.get('/me').expect(401)
    expect(body).toMatchObject({ code: 'unauthenticated' })
  })

  it.each([['Basic YWRtaW46YWRtaW4='], ['Bearer'], ['Bearer '], ['Bearer a b'], ['bearer\tx'], ['Token x'], ['']])(
    'are refused: header %j',
    async (header) => {
      expect((await supertest(gateway.url).get('/api/v1/me').set('authorization', header)).status).toBe(401)
    },
  )

  it('are refused with NULs, as a socket may send them', async () => {
    const authenticator = gateway.app.get(Authenticator, { strict: false })
    for (const token of ['\0', `berth_pat_\0`, `${admin.accessToken}\0`, 7 as never, null as never, { length: 1 } as never])
      await expect(authenticator.authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('end with their time', async () => {
    const short = await gatewayAlone({ env: { BERTH_ACCESS_TOKEN_TTL: '30' } })
    try {
      const { body } = await tryLogin(short, ADMIN.username, ADMIN.password).expect(200)
      const claims = own((body as Login).accessToken)
      expect(Number(claims['exp']) - Number(claims['iat'])).toBe(30)
    } finally {
      await short.stop()
    }
  })
})

describe('refreshing', () => {
  it('gives new tokens, and the session goes on', async () => {
    await person(admin, 'rita')
    const first = await login('rita')
    const { body } = await refresh(first.refreshToken).expect(200)
    const second = body as Login
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(await works(as(gateway, second.accessToken))).toBe(true)
    const { items } = await as(gateway, second.accessToken).ok<Items<Session>>('GET', '/me/sessions')
    expect(items.filter((session) => session.current)).toHaveLength(1)
  })

  it('with a token that was used before ends the session for everybody who has one of its tokens', async () => {
    await person(admin, 'reuse')
    const first = await login('reuse')
    const { body: second } = await refresh(first.refreshToken).expect(200)
    await refresh(first.refreshToken).expect(401)
    expect(await isDead(first)).toBe(true)
    expect(await isDead(as(gateway, (second as Login).accessToken))).toBe(true)
    await refresh((second as Login).refreshToken).expect(401)
    expect(await works(await login('reuse'))).toBe(true)
  })

  it('is won by at most one of several at once, and then the session ends', async () => {
    await person(admin, 'race')
    const first = await login('race')
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(first.refreshToken)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 401)).toHaveLength(4)
    expect(await isDead(first)).toBe(true)
  })

  it('with a made-up token ends nothing', async () => {
    await person(admin, 'forge')
    const user = await login('forge')
    const bytes = Buffer.from(user.refreshToken!.slice('berth_ref_'.length), 'base64url')
    bytes[bytes.length - 1]! ^= 1
    for (const token of [`berth_ref_${bytes.toString('base64url')}`, 'berth_ref_', 'x', user.accessToken]) await refresh(token).expect(401)
    await refresh(undefined).expect(400)
    expect(await works(user)).toBe(true)
    await refresh(user.refreshToken).expect(200)
  })

  it('is not possible after the end of the session', async () => {
    await person(admin, 'late')
    const user = await login('late')
    const { items } = await user.ok<Items<Session>>('GET', '/me/sessions')
    const current = items.find((session) => session.current)!
    await gateway.app.get(SessionStore, { strict: false }).rotate(current.id, await hashOf(current.id), {
      refresh_hash: await hashOf(current.id),
      used_at: new Date().toISOString(),
      expires_at: new Date(Date.now() - 1).toISOString(),
    })
    expect((await refresh(user.refreshToken)).body).toMatchObject({ code: 'unauthenticated' })
  })

  const hashOf = async (id: string) => (await gateway.app.get(SessionStore, { strict: false }).find(id))!.refresh_hash
})

describe('the end of sessions', () => {
  it('comes at once with logout, for this session alone', async () => {
    await person(admin, 'lola')
    const [one, other] = [await login('lola'), await login('lola')]
    expect(await works(one)).toBe(true)
    await one.http.post('/auth/logout').expect(204)
    expect(await isDead(one)).toBe(true)
    await refresh(one.refreshToken).expect(401)
    expect(await works(other)).toBe(true)
  })

  it('comes at once for a session that is revoked from another', async () => {
    await person(admin, 'rev')
    const [one, other] = [await login('rev'), await login('rev')]
    const { items } = await other.ok<Items<Session>>('GET', '/me/sessions')
    const mine = await one.ok<Items<Session>>('GET', '/me/sessions')
    const target = mine.items.find((session) => session.current)!
    expect(items.map(({ id }) => id)).toContain(target.id)
    expect(target).toMatchObject({ address: '127.0.0.1' })
    expect(await works(one)).toBe(true)
    await other.http.delete(`/me/sessions/${target.id}`).expect(204)
    expect(await isDead(one)).toBe(true)
    await other.http.delete(`/me/sessions/${target.id}`).expect(404)
  })

  it("is not for others to bring about: somebody else's session does not exist", async () => {
    const victim = await person(admin, 'victim')
    const { items } = await victim.ok<Items<Session>>('GET', '/me/sessions')
    const mallory = await person(admin, 'mallory')
    for (const id of [items[0]!.id, randomUUID(), 'x', '%00', '..%2f'])
      await mallory.http.delete(`/me/sessions/${id}`).expect((r) => expect([400, 404]).toContain(r.status))
    expect(await works(victim)).toBe(true)
  })

  it('comes at once with a new password, but for the session that set it', async () => {
    await person(admin, 'pam')
    const [one, other] = [await login('pam'), await login('pam')]
    expect(await works(other)).toBe(true)
    await one.http.post('/me/password').send({ current: PASSWORD, new: 'quite another password' }).expect(204)
    expect(await isDead(other)).toBe(true)
    await refresh(other.refreshToken).expect(401)
    expect(await works(one)).toBe(true)
    await refresh(one.refreshToken).expect(200)
    await tryLogin(gateway, 'pam', PASSWORD).expect(401)
    expect(await works(await login('pam', 'quite another password'))).toBe(true)
  })

  it.each([
    ['the wrong present password', { current: 'wrong', new: 'quite another password' }, 401, 'invalid_credentials'],
    ['a short new one', { current: PASSWORD, new: 'short' }, 400, 'invalid_request'],
    ['the user name for a new one', { current: PASSWORD, new: 'a-name-of-14-ch' }, 400, 'invalid_request'],
    ['null', { current: PASSWORD, new: null }, 400, 'invalid_request'],
  ])('does not come with %s', async (_, body, status, code) => {
    const username = 'a-name-of-14-ch'
    const user = await login(username).catch(() => person(admin, username))
    const answer = await user.http.post('/me/password').send(body).expect(status)
    expect(answer.body).toMatchObject({ code })
    expect(await works(user)).toBe(true)
    expect(await works(await login(username))).toBe(true)
  })

  it('comes at once when an administrator sets the password, disables or deletes the user', async () => {
    for (const [n, end] of [
      (id: string) => admin.ok('PATCH', `/users/${id}`, { password: 'set by the administrator' }),
      (id: string) => admin.ok('PATCH', `/users/${id}`, { disabled: true }),
      (id: string) => admin.ok('DELETE', `/users/${id}`),
    ].entries()) {
      const user = await person(admin, `ended${n}`)
      expect(await works(user)).toBe(true)
      await end(user.userId!)
      expect(await isDead(user)).toBe(true)
      await refresh(user.refreshToken).expect(401)
    }
  })

  it('is the beginning of a login whose password changed while it was checked', async () => {
    const user = await person(admin, 'slow')
    const users = gateway.app.get(UserStore, { strict: false })
    const sessions = gateway.app.get(SessionStore, { strict: false })
    const before = (await users.find(user.userId!))!
    const template = (await sessions.open(user.userId!, new Date().toISOString()))[0]!
    await admin.ok('PATCH', `/users/${user.userId}`, { password: 'changed in between' })
    const late = { ...template, id: randomUUID(), revoked_at: null }
    await expect(sessions.insertIfCurrent(late, before.credentials_at)).resolves.toBe(false)
    await expect(sessions.find(late.id)).resolves.toBeNull()
  })

  it('is final: who is enabled again has to log in', async () => {
    const user = await person(admin, 'again')
    await admin.ok('PATCH', `/users/${user.userId}`, { disabled: true })
    expect(await isDead(user)).toBe(true)
    await admin.ok('PATCH', `/users/${user.userId}`, { disabled: false })
    expect(await isDead(user)).toBe(true)
    expect(await works(await login('again'))).toBe(true)
  })
})

describe('two processes on one database', () => {
  it('see what the other revoked, without being told', async () => {
    const postgres = await Postgres.start()
    const databaseUrl = await postgres.database('berth')
    const [one, two] = [await gatewayAlone({ databaseUrl }), await gatewayAlone({ databaseUrl })]
    try {
      const here = await adminOf(one)
      const there = as(two, here.accessToken)
      expect(await works(there)).toBe(true)
      await here.http.post('/auth/logout').expect(204)
      expect(await isDead(here)).toBe(true)
      await until('the other process refuses the token', 5_000, async () => (await there.http.get('/me')).status === 401)
    } finally {
      await Promise.all([one.stop(), two.stop()])
      await postgres.stop()
    }
  })
})
