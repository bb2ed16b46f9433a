import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/accounts/login-throttle.js'
import { nowIso } from '../../src/common/clock.js'
import { Database } from '../../src/store/database.js'
import { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, gatewayAlone, type Login, PASSWORD, person } from './support/people.js'

let gateway: Gateway
let admin: Actor
beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
})
afterAll(() => gateway?.stop())

const login = (username: string, more: object = {}) =>
  new Actor(gateway, { username: 'anonymous', accessToken: null }).http.post('/auth/login').send({ username, password: PASSWORD, ...more })
const code = (secret: string, offset = 0) => new TOTP({ secret }).generate({ timestamp: Date.now() + offset * 30_000 })

/** The code of a step that was not taken yet: the next one counts as well as the present one. */
async function enrolled(username: string): Promise<{ actor: Actor; secret: string; recoveryCodes: string[] }> {
  const actor = await person(admin, username)
  // a code of the step before must still be of the step before when it arrives
  const left = 30_000 - (Date.now() % 30_000)
  if (left < 3_000) await new Promise((resolve) => setTimeout(resolve, left))
  const { secret, uri } = await actor.ok<{ secret: string; uri: string }>('POST', '/me/totp', { password: PASSWORD })
  expect(uri).toBe(`otpauth://totp/Berth:${username}?issuer=Berth&secret=${secret}&algorithm=SHA1&digits=6&period=30`)
  // the earliest that is taken, so that the present and the next one are left
  const { recoveryCodes } = await actor.ok<{ recoveryCodes: string[] }>('POST', '/me/totp/confirm', { otp: code(secret, -1) })
  return { actor, secret, recoveryCodes }
}

describe('a second factor', () => {
  it('is asked for once it is confirmed, and a code is good once', async () => {
    const { actor, secret } = await enrolled('ann')
    expect(await actor.ok('GET', '/me/totp')).toMatchObject({ enabled: true, recoveryCodesLeft: 10 })
    const asked = await login('ann').expect(401)
    expect(asked.body).toMatchObject({ code: 'otp_required', hint: expect.stringContaining('send otp') })
    await login('ann', { otp: '000000' }).expect(401, /invalid_credentials/)
    await login('ann', { password: 'wrong password', otp: code(secret) }).expect(401, /invalid_credentials/)
    await login('ann', { password: 'wrong password' }).expect(401, /invalid_credentials/)
    const otp = code(secret)
    await login('ann', { otp }).expect(200)
    await login('ann', { otp }).expect(401, /invalid_credentials/)
    // nor one from before it
    await login('ann', { otp: code(secret, -1) }).expect(401)
    await login('ann', { otp: code(secret, 1) }).expect(200)
  })

  it('is taken by one of several who send the same code', async () => {
    const { secret } = await enrolled('abe')
    const otp = code(secret)
    const statuses = await Promise.all(Array.from({ length: 5 }, () => login('abe', { otp }).then(({ status }) => status)))
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401, 401])
  })

  it('is not asked for while it is only set up, and can be set up again', async () => {
    const bob = await person(admin, 'bob')
    const first = await bob.ok<{ secret: string }>('POST', '/me/totp', { password: PASSWORD })
    const second = await bob.ok<{ secret: string }>('POST', '/me/totp', { password: PASSWORD })
    await login('bob').expect(200)
    expect(await bob.ok('GET', '/me/totp')).toEqual({ enabled: false, since: null, recoveryCodesLeft: 0 })
    expect((await bob.fails('POST', '/me/totp/confirm', { otp: code(first.secret) })).code).toBe('invalid_credentials')
    await bob.ok('POST', '/me/totp/confirm', { otp: code(second.secret) })
    expect((await bob.fails('POST', '/me/totp/confirm', { otp: code(second.secret) })).code).toBe('conflict')
    expect((await bob.fails('POST', '/me/totp', { password: PASSWORD })).code).toBe('conflict')
  })

  it('ends the sessions that were opened without it, but for the one that confirms it', async () => {
    const carl = await person(admin, 'carl')
    const other = await Actor.login(gateway, { username: 'carl', password: PASSWORD })
    const { secret } = await carl.ok<{ secret: string }>('POST', '/me/totp', { password: PASSWORD })
    await carl.ok('POST', '/me/totp/confirm', { otp: code(secret) })
    await carl.http.get('/me').expect(200)
    await other.http.get('/me').expect(401)
    await new Actor(gateway, { username: 'x', accessToken: null }).http
      .post('/auth/refresh')
      .send({ refreshToken: other.refreshToken })
      .expect(401)
  })

  it('can be replaced by a recovery code, each once', async () => {
    const { actor, recoveryCodes } = await enrolled('dan')
    expect(new Set(recoveryCodes).size).toBe(10)
    for (const each of recoveryCodes) expect(each).toMatch(/^[A-HJ-NP-Z2-9]{5}-[A-HJ-NP-Z2-9]{5}$/)
    await login('dan', { otp: recoveryCodes[0]!.toLowerCase().replace('-', ' ') }).expect(200)
    await login('dan', { otp: recoveryCodes[0] }).expect(401)
    const statuses = await Promise.all(
      Array.from({ length: 4 }, () => login('dan', { otp: recoveryCodes[1] }).then(({ status }) => status)),
    )
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401])
    expect(await actor.ok('GET', '/me/totp')).toMatchObject({ recoveryCodesLeft: 8 })
  })

  it('is disabled with the password and a code, by its owner alone', async () => {
    const { actor, secret } = await enrolled('eva')
    const otp = code(secret)
    expect((await actor.fails('POST', '/me/totp/disable', { password: 'wrong', otp })).code).toBe('invalid_credentials')
    expect((await actor.fails('POST', '/me/totp/disable', { password: PASSWORD, otp: '000000' })).code).toBe('invalid_credentials')
    expect((await actor.fails('POST', '/me/totp/disable', { password: PASSWORD })).code).toBe('invalid_request')
    await actor.ok('POST', '/me/totp/disable', { password: PASSWORD, otp })
    await login('eva').expect(200)
    expect((await actor.fails('POST', '/me/totp/disable', { password: PASSWORD, otp })).code).toBe('conflict')
  })

  it('is reset by an administrator, which ends all sessions', async () => {
    const { actor } = await enrolled('fay')
    const viewer = await person(admin, 'gus')
    await viewer.http.delete(`/users/${actor.userId}/totp`).expect(403)
    await admin.ok('DELETE', `/users/${actor.userId}/totp`)
    await actor.http.get('/me').expect(401)
    await login('fay').expect(200)
    expect((await admin.fails('DELETE', `/users/${actor.userId}/totp`)).code).toBe('conflict')
  })

  it('is nothing for a token: neither to set up nor to take away', async () => {
    const hal = await person(admin, 'hal')
    const { token } = await hal.ok<{ token: string }>('POST', '/me/tokens', { name: 't', permissions: ['self.manage', 'self.read'] })
    const program = new Actor(gateway, { username: 'hal', accessToken: token })
    expect((await program.fails('POST', '/me/totp', { password: PASSWORD })).code).toBe('session_required')
    expect((await program.fails('POST', '/me/totp/confirm', { otp: '000000' })).code).toBe('session_required')
    expect((await program.fails('POST', '/me/totp/disable', { password: PASSWORD, otp: '000000' })).code).toBe('session_required')
  })

  it('is sealed in the database, and recovery codes are hashes', async () => {
    const { secret, recoveryCodes } = await enrolled('ida')
    const rows = JSON.stringify(await gateway.app.get(Database, { strict: false }).selectFrom('totp').selectAll().execute())
    for (const hidden of [secret, ...recoveryCodes, ...recoveryCodes.map((each) => each.replace('-', ''))])
      expect(rows).not.toContain(hidden)
  })

  it('counts wrong codes as failed logins, and the question for one as none', async () => {
    const { secret } = await enrolled('jon')
    for (let n = 0; n < LIMITS.pair * 2; n++) await login('jon').expect(401, /otp_required/)
    for (let n = 0; n < LIMITS.pair - 1; n++) await login('jon', { otp: '000000' }).expect(401)
    // the right password alone does not wash them off
    await login('jon').expect(401, /otp_required/)
    await login('jon', { otp: '000000' }).expect(401)
    const refused = await login('jon', { otp: code(secret) }).expect(429)
    expect(refused.headers['retry-after']).toMatch(/^\d+$/)
  })

  it('counts wrong codes that would confirm it, too', async () => {
    const lea = await person(admin, 'lea')
    const { secret } = await lea.ok<{ secret: string }>('POST', '/me/totp', { password: PASSWORD })
    const wrong = () => lea.http.post('/me/totp/confirm').send({ otp: '000000' })
    const answers = await Promise.all(Array.from({ length: LIMITS.pair + 10 }, wrong))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((each) => each === 401).length).toBe(LIMITS.pair)
    expect(statuses.filter((each) => each === 429).length).toBe(10)
    expect(await lea.fails('POST', '/me/totp/confirm', { otp: code(secret) })).toMatchObject({ code: 'login_throttled' })
    await login('lea').expect(429)
    expect(await lea.ok('GET', '/me/totp')).toMatchObject({ enabled: false })
  })

  it('that was begun is confirmed within 15 minutes', async () => {
    const max = await person(admin, 'max')
    const { secret } = await max.ok<{ secret: string }>('POST', '/me/totp', { password: PASSWORD })
    const begunBefore = (minutes: number) =>
      gateway.app
        .get(Database, { strict: false })
        .updateTable('totp')
        .set({ created_at: nowIso(-minutes * 60_000) })
        .where('user_id', '=', max.userId!)
        .execute()
    await begunBefore(15)
    expect(await max.fails('POST', '/me/totp/confirm', { otp: code(secret) })).toMatchObject({ code: 'conflict' })
    await begunBefore(14)
    await max.ok('POST', '/me/totp/confirm', { otp: code(secret) })
    // a factor that is in use does not age
    await begunBefore(1_000)
    expect(await max.ok('GET', '/me/totp')).toMatchObject({ enabled: true })
    await login('max').expect(401, /otp_required/)
  })

  it.each([{ otp: '12345' }, { otp: 123456 }, { otp: null }, { otp: 'x'.repeat(21) }, { otp: '１２３４５６' }])(
    'is not %j',
    async (more) => {
      await login('ann', more).expect(400)
    },
  )

  it('still lets in who has none when a code is sent along', async () => {
    await person(admin, 'kay')
    const { body } = await login('kay', { otp: '123456' }).expect(200)
    expect((body as Login).accessToken).toBeTruthy()
  })
})
