import { describe, expect, it, onTestFinished } from 'vitest'
import { SettingsStore } from '../../src/store/settings.store.js'
import { Actor } from '../support/actor.js'
import { ADMIN, type Gateway, type GatewayOptions } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { as, gatewayAlone, type Items, type Login, type User } from './support/people.js'

const UNSET = { env: { BERTH_ADMIN_PASSWORD: undefined } }
const ROOT = { username: 'root', password: 'a first long password' }

async function unset(options: GatewayOptions = UNSET): Promise<Gateway> {
  const gateway = await gatewayAlone(options)
  onTestFinished(() => gateway.stop())
  return gateway
}

const setup = (gateway: Gateway, body: object = { setupToken: gateway.setupToken, ...ROOT }) =>
  as(gateway, null).http.post('/setup').send(body)

describe('the set-up', () => {
  it('makes the administrator and the team default, and answers like a login', async () => {
    const gateway = await unset()
    const { body } = await setup(gateway).expect(200)
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expiresAt', 'refreshToken'])
    const me = await as(gateway, (body as Login).accessToken).ok('GET', '/me')
    expect(me).toMatchObject({ username: 'root', hostRole: 'admin', teams: [{ name: 'default', role: 'maintainer' }] })
  })

  it('works once, and then tells so whatever the token', async () => {
    const gateway = await unset()
    await setup(gateway).expect(200)
    for (const setupToken of [gateway.setupToken, 'wrong']) {
      const { body } = await setup(gateway, { setupToken, username: 'second', password: ROOT.password }).expect(409)
      expect(body).toMatchObject({ code: 'setup_done' })
    }
  })

  it.each(['embedded', 'postgres'])('is won by exactly one of 20 at once (%s)', async (kind) => {
    const options = kind === 'embedded' ? UNSET : { ...UNSET, databaseUrl: await freshPostgres() }
    const gateway = await unset(options)
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        setup(gateway, { setupToken: gateway.setupToken, username: `root${n}`, password: ROOT.password }),
      ),
    )
    expect(tries.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, ...Array<number>(19).fill(409)])
    const winner = tries.find(({ status }) => status === 200)!.body as Login
    const users = await as(gateway, winner.accessToken).ok<Items<User>>('GET', '/users')
    expect(users.items).toHaveLength(1)
  })

  it('refuses a wrong token, slows down who guesses, and still takes the right one from elsewhere', async () => {
    const gateway = await unset({ env: { ...UNSET.env, BERTH_TRUSTED_PROXIES: '127.0.0.1' } })
    const from = (address: string, setupToken: string | null) => setup(gateway, { setupToken, ...ROOT }).set('x-forwarded-for', address)
    const codes: string[] = []
    for (let n = 0; n < 12; n++) codes.push(((await from('192.0.2.1', `guess${n}`)).body as { code: string }).code)
    expect(codes).toEqual([...Array<string>(10).fill('setup_token_invalid'), 'login_throttled', 'login_throttled'])
    await from('192.0.2.2', gateway.setupToken).expect(200)
  })

  it('prints a new token at each start until it is done, and the old one is worth nothing', async () => {
    const gateway = await unset()
    const old = gateway.setupToken
    await gateway.restart()
    expect(gateway.setupToken).not.toBe(old)
    await setup(gateway, { setupToken: old, ...ROOT }).expect(403)
    await setup(gateway).expect(200)
    gateway.setupToken = null
    await gateway.restart()
    expect(gateway.setupToken).toBeNull()
  })

  it('keeps only a hash of the token', async () => {
    const gateway = await unset()
    const stored = await gateway.app.get(SettingsStore, { strict: false }).get('setup_token')
    expect(stored).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each([
    ['a short password', { password: 'short' }, '/password'],
    ['the user name as password', { username: 'administrator', password: 'administrator' }, '/password'],
    ['a user name with capitals', { username: 'Root' }, '/username'],
    ['a user name like an id', { username: '0e8e4b1c-8a6f-4c5b-9d5e-0123456789ab' }, '/username'],
    ['a reserved user name', { username: 'anonymous' }, '/username'],
    ['no token', { setupToken: undefined }, '/setupToken'],
    ['null for a token', { setupToken: null }, '/setupToken'],
    ['an unknown field', { admin: true }, '/admin'],
  ])('refuses %s, and can be done after that', async (_, change, pointer) => {
    const gateway = await unset()
    const { body } = await setup(gateway, { setupToken: gateway.setupToken, ...ROOT, ...change }).expect(400)
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] })
    await setup(gateway).expect(200)
  })

  it.each([
    [
      { BERTH_ADMIN_USERNAME: 'root-of-all-hosts', BERTH_ADMIN_PASSWORD: 'root-of-all-hosts' },
      'BERTH_ADMIN_PASSWORD: must not be the user name',
    ],
    [{ BERTH_ADMIN_USERNAME: 'anonymous' }, 'BERTH_ADMIN_USERNAME: is reserved'],
  ])('stops a start with %j, and names the setting', async (env, text) => {
    await expect(gatewayAlone({ env })).rejects.toThrow(text)
  })

  it('is done by BERTH_ADMIN_PASSWORD at the first start, and never again', async () => {
    const gateway = await unset({})
    expect(gateway.setupToken).toBeNull()
    const admin = await Actor.login(gateway, ADMIN)
    await admin.ok('POST', '/me/password', { current: ADMIN.password, new: 'another long password' })
    await gateway.restart()
    await Actor.login(gateway, { username: ADMIN.username, password: 'another long password' })
    await setup(gateway, { setupToken: 'any', ...ROOT }).expect(409)
  })
})

async function freshPostgres(): Promise<string> {
  const postgres = await Postgres.start()
  onTestFinished(() => postgres.stop())
  return postgres.database('berth')
}
