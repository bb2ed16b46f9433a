import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { AuditStore } from '../../src/store/audit.store.js'
import type { Actor, Problem } from '../support/actor.js'
import { ADMIN, type Gateway } from '../support/app.js'
import { adminOf, gatewayAlone, PASSWORD, person, tryLogin, withoutId } from './support/people.js'

describe('login', () => {
  let gateway: Gateway
  let admin: Actor

  beforeAll(async () => {
    gateway = await gatewayAlone()
    admin = await adminOf(gateway)
  })
  afterAll(() => gateway?.stop())

  it('answers tokens that work, and when the access token ends', async () => {
    const { body } = await tryLogin(gateway, ADMIN.username, ADMIN.password).expect(200)
    expect(body).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(Date.parse((body as { expiresAt: string }).expiresAt)).toBeGreaterThan(Date.now())
  })

  it('answers the same for a wrong password, nobody, and a disabled user', async () => {
    const dora = await person(admin, 'dora')
    await admin.ok('PATCH', `/users/${dora.userId}`, { disabled: true })
    const answers = await Promise.all([
      tryLogin(gateway, ADMIN.username, 'not the password'),
      tryLogin(gateway, 'nobody-at-all', 'not the password'),
      tryLogin(gateway, 'dora', PASSWORD),
      tryLogin(gateway, admin.userId ?? 'x', ADMIN.password),
      tryLogin(gateway, "admin' or '1'='1", 'x'),
    ])
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401))
    expect(answers.map(({ body }) => withoutId(body))).toEqual(answers.map(() => withoutId(answers[0].body)))
    expect(answers[0].body).toMatchObject({ code: 'invalid_credentials' })
  })

  it('does not log in by an id in place of the user name', async () => {
    const { id } = await admin.ok<{ id: string }>('GET', '/me')
    expect((await tryLogin(gateway, id, ADMIN.password)).body).toMatchObject({ code: 'invalid_credentials' })
  })

  it('takes more right logins at once than it lets fail', async () => {
    await person(admin, 'many')
    const answers = await Promise.all(Array.from({ length: 30 }, () => tryLogin(gateway, 'many', PASSWORD)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  })

  it('leaves a record of who failed and who logged in, and never a password', async () => {
    await person(admin, 'erin')
    await tryLogin(gateway, 'erin', 'wrong-password-1').expect(401)
    await tryLogin(gateway, 'My Secret Password!', 'x').expect(401)
    const records = await gateway.app.get(AuditStore, { strict: false }).read({ operation: 'AuthLogin', limit: 100 })
    expect(records).toContainEqual(expect.objectContaining({ phase: 'denied', principal_name: 'erin', result: 'invalid_credentials' }))
    expect(records).toContainEqual(
      expect.objectContaining({ phase: 'opened', principal_name: 'erin', credential: expect.stringMatching(/^session:/) }),
    )
    expect(JSON.stringify(records)).not.toMatch(/wrong-password-1|My Secret/)
  })

  it.each([
    [{ username: 'admin' }, '/password'],
    [{ username: ['admin'], password: 'x' }, '/username'],
    [{ username: 'admin', password: { $ne: '' } }, '/password'],
    [{ username: 'admin', password: 'x'.repeat(257) }, '/password'],
    [{ username: 'admin', password: 'x', otp: 1, extra: 2 }, '/otp'],
  ])('refuses the shape of %j', async (body, pointer) => {
    const problem = await admin.fails('POST', '/auth/login', body)
    expect(problem).toMatchObject({ code: 'invalid_request' })
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer)
  })
})

describe('the throttle of logins', () => {
  const start = async (env: Record<string, string> = {}) => {
    const gateway = await gatewayAlone({ env })
    onTestFinished(() => gateway.stop())
    return gateway
  }
  /** Statuses of wrong logins, one after another. */
  const guess = async (gateway: Gateway, times: number, username: string, forwarded: (n: number) => string | undefined) => {
    const statuses: number[] = []
    for (let n = 0; n < times; n++) statuses.push((await tryLogin(gateway, username, `guess number ${n}`, forwarded(n))).status)
    return statuses
  }

  it('is not escaped by a new X-Forwarded-For each time', async () => {
    const gateway = await start()
    const statuses = await guess(gateway, 14, ADMIN.username, (n) => `203.0.113.${n}`)
    expect(statuses).toEqual([...Array<number>(10).fill(401), ...Array<number>(4).fill(429)])
    const refused = await tryLogin(gateway, ADMIN.username, ADMIN.password, '203.0.113.99').expect(429)
    expect(refused.body).toMatchObject({ code: 'login_throttled' } satisfies Partial<Problem>)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('behind a trusted proxy counts the address that the proxy saw, not what the client made up', async () => {
    const gateway = await start({ BERTH_TRUSTED_PROXIES: '127.0.0.1' })
    const statuses = await guess(gateway, 12, ADMIN.username, (n) => `198.51.100.${n}, 203.0.113.7`)
    expect(statuses.slice(10)).toEqual([429, 429])
    await tryLogin(gateway, ADMIN.username, ADMIN.password, '203.0.113.8').expect(200)
  })

  it('stops who has many addresses, but not the owner where they have logged in before', async () => {
    const gateway = await start({ BERTH_TRUSTED_PROXIES: '127.0.0.1' })
    await tryLogin(gateway, ADMIN.username, ADMIN.password, '192.0.2.10').expect(200)
    const statuses = await guess(gateway, 55, ADMIN.username, (n) => `203.0.113.${n}`)
    expect(statuses.filter((status) => status === 401)).toHaveLength(50)
    expect(statuses.at(-1)).toBe(429)
    await tryLogin(gateway, ADMIN.username, ADMIN.password, '203.0.113.200').expect(429)
    await tryLogin(gateway, ADMIN.username, ADMIN.password, '192.0.2.10').expect(200)
  })

  it('hears no more than the allowed guesses when they all come at once', async () => {
    const gateway = await start()
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => tryLogin(gateway, ADMIN.username, `guess number ${n}`)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30)
  })

  it('holds for guesses at the present password through an open session', async () => {
    const gateway = await start()
    const admin = await adminOf(gateway)
    const codes: string[] = []
    for (let n = 0; n < 11; n++) codes.push((await admin.fails('POST', '/me/password', { current: `guess ${n}`, new: PASSWORD })).code)
    expect(codes).toEqual([...Array<string>(10).fill('invalid_credentials'), 'login_throttled'])
  })
})
