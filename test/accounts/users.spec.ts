import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { AuditStore } from '../../src/store/audit.store.js'
import type { Actor } from '../support/actor.js'
import { ADMIN, type Gateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { adminOf, as, gatewayAlone, type Items, PASSWORD, person, type User } from './support/people.js'

let gateway: Gateway
let admin: Actor

beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
})
afterAll(() => gateway?.stop())

describe('users', () => {
  it('are made, read, changed and deleted, without a hash in any answer', async () => {
    const made = await admin.http.post('/users').send({ username: 'ann', password: PASSWORD, displayName: 'Ann Änne 名' }).expect(201)
    expect(made.body).toEqual({
      id: expect.any(String),
      username: 'ann',
      displayName: 'Ann Änne 名',
      hostRole: null,
      disabled: false,
      createdAt: expect.any(String),
    })
    const { id } = made.body as User
    const byName = await admin.http.get('/users/ann').expect(200)
    const byId = await admin.http.get(`/users/${id}`).expect(200)
    expect(byName.body).toEqual(byId.body)
    const changed = await admin.http.patch('/users/ann').send({ displayName: 'A.', hostRole: 'auditor' }).expect(200)
    expect(changed.body).toMatchObject({ id, displayName: 'A.', hostRole: 'auditor' })
    expect(await admin.ok('PATCH', '/users/ann', {})).toEqual(changed.body)
    expect((await admin.http.get('/users')).text).not.toMatch(/argon2|password|hash/i)
    await admin.http.delete('/users/ann').expect(204)
    await admin.http.get('/users/ann').expect(404)
    await admin.http.delete('/users/ann').expect(404)
  })

  it('are listed page by page in the order that is asked for', async () => {
    for (const username of ['l-b', 'l-c', 'l-a']) await admin.ok('POST', '/users', { username, password: PASSWORD })
    const all: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Items<User> = await admin.ok('GET', `/users?sort=-username&limit=2${cursor && `&cursor=${cursor}`}`)
      all.push(...page.items.map(({ username }) => username))
      cursor = page.nextCursor
    }
    expect(all).toEqual([...all].sort().reverse())
    expect(all).toEqual(expect.arrayContaining(['l-a', 'l-b', 'l-c', ADMIN.username]))
    const byTime = await admin.ok<Items<User>>('GET', '/users?sort=createdAt')
    expect(byTime.items.filter(({ username }) => username.startsWith('l-')).map(({ username }) => username)).toEqual(['l-b', 'l-c', 'l-a'])
    for (const query of ['sort=password_hash', 'limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'cursor=%', 'q=1'])
      await admin.http.get(`/users?${query}`).expect(400)
  })

  it('have names that are taken by one at most, also when two come at once', async () => {
    const tries = await Promise.all([1, 2, 3].map(() => admin.http.post('/users').send({ username: 'unique', password: PASSWORD })))
    expect(tries.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409, 409])
    expect(tries.find(({ status }) => status === 409)!.body).toMatchObject({ code: 'name_in_use', errors: [{ pointer: '/username' }] })
  })

  it.each([
    [{ username: 'Upper' }, '/username'],
    [{ username: '' }, '/username'],
    [{ username: '-dash' }, '/username'],
    [{ username: 'a'.repeat(64) }, '/username'],
    [{ username: 'a b' }, '/username'],
    [{ username: 'a\0' }, '/username'],
    [{ username: randomUUID() }, '/username'],
    [{ username: 'anonymous' }, '/username'],
    [{ username: null }, '/username'],
    [{ password: 'short' }, '/password'],
    [{ password: 'x'.repeat(257) }, '/password'],
    [{ username: 'same-as-password', password: 'same-as-password' }, '/password'],
    [{ password: null }, '/password'],
    [{ displayName: '' }, '/displayName'],
    [{ displayName: null }, '/displayName'],
    [{ displayName: 'a\nb' }, '/displayName'],
    [{ displayName: 'evil\u202Etxt' }, '/displayName'],
    [{ hostRole: 'root' }, '/hostRole'],
    [{ hostRole: '__proto__' }, '/hostRole'],
    [{ disabled: true }, '/disabled'],
    [{ id: randomUUID() }, '/id'],
  ])('are not made with %j', async (change, pointer) => {
    const { body } = await admin.http
      .post('/users')
      .send({ username: 'fresh', password: PASSWORD, ...change })
      .expect(400)
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] })
    await admin.http.get('/users/fresh').expect(404)
  })

  it.each([
    [{ password: null }, '/password'],
    [{ displayName: null }, '/displayName'],
    [{ disabled: null }, '/disabled'],
    [{ disabled: 'true' }, '/disabled'],
    [{ username: 'other' }, '/username'],
  ])('are not changed by %j', async (change, pointer) => {
    const { body } = await admin.http.patch(`/users/${ADMIN.username}`).send(change).expect(400)
    expect(body).toMatchObject({ errors: [{ pointer }] })
  })

  it.each(['nobody', '%00', '..', 'a%2fb', 'x'.repeat(300), '%F0%9F%98%80'])('do not exist as %j', async (ref) => {
    await admin.http.get(`/users/${ref}`).expect(({ status }) => expect([400, 404]).toContain(status))
  })

  it('are not for those without a host role to know of: no answer tells who exists', async () => {
    const vic = await person(admin, 'vic')
    for (const path of ['/users', '/users/admin', '/users/nobody']) {
      const { body } = await vic.http.get(path).expect(403)
      expect(body).toMatchObject({ detail: expect.stringContaining('users.read') })
    }
    await vic.http.post('/users').send({ username: 'made', password: PASSWORD }).expect(403)
    await vic.http.patch('/users/vic').send({ hostRole: 'admin' }).expect(403)
  })

  it('may be read by an auditor, not changed', async () => {
    const audit = await person(admin, 'audit', { hostRole: 'auditor' })
    expect(await audit.ok<Items<User>>('GET', '/users')).toMatchObject({ nextCursor: null })
    await audit.http.patch('/users/audit').send({ hostRole: 'admin' }).expect(403)
    await audit.http.delete('/users/admin').expect(403)
  })

  it('get no right from a token that does not hold it itself', async () => {
    const { token } = await admin.ok<{ token: string }>('POST', '/me/tokens', { name: 't', permissions: ['users.manage', 'users.read'] })
    const limited = as(gateway, token)
    await admin.ok('POST', '/users', { username: 'plain', password: PASSWORD })
    const needs = { code: 'permission_denied' }
    expect(await limited.fails('POST', '/users', { username: 'su', password: PASSWORD, hostRole: 'admin' })).toMatchObject(needs)
    expect(await limited.fails('PATCH', '/users/plain', { hostRole: 'admin' })).toMatchObject(needs)
    expect(await limited.fails('PATCH', `/users/${ADMIN.username}`, { password: 'taken over by token' })).toMatchObject(needs)
    expect(await limited.fails('DELETE', `/users/${ADMIN.username}`)).toMatchObject(needs)
  })

  it('leave an intent and an outcome in the audit log, without the password', async () => {
    const { headers } = await admin.http.post('/users').send({ username: 'logged', password: 'never in a log 123' }).expect(201)
    const records = await gateway.app.get(AuditStore, { strict: false }).read({ requestId: String(headers['x-request-id']), limit: 10 })
    expect(records.map(({ phase, result }) => [phase, result]).reverse()).toEqual([
      ['intent', 'ok'],
      ['outcome', 'ok'],
    ])
    expect(JSON.stringify(records)).not.toContain('never in a log')
  })
})

describe('the last administrator', () => {
  it.each([
    ['lose the role', (actor: Actor, id: string) => actor.http.patch(`/users/${id}`).send({ hostRole: null })],
    ['become an auditor', (actor: Actor, id: string) => actor.http.patch(`/users/${id}`).send({ hostRole: 'auditor' })],
    ['be disabled', (actor: Actor, id: string) => actor.http.patch(`/users/${id}`).send({ disabled: true })],
    ['be deleted', (actor: Actor, id: string) => actor.http.delete(`/users/${id}`)],
  ])('can not %s', async (_, change) => {
    const { body } = await change(admin, ADMIN.username).expect(409)
    expect(body).toMatchObject({ code: 'last_administrator' })
    await admin.http.get('/users').expect(200)
  })

  it('is also the last when the others are disabled', async () => {
    await person(admin, 'asleep', { hostRole: 'admin' })
    await admin.ok('PATCH', '/users/asleep', { disabled: true })
    expect(await admin.fails('PATCH', `/users/${ADMIN.username}`, { hostRole: null })).toMatchObject({ code: 'last_administrator' })
    await admin.ok('DELETE', '/users/asleep')
  })

  it.each(['embedded', 'postgres'])('stays when all demote each other at once (%s)', async (kind) => {
    const own = await gatewayAlone(kind === 'embedded' ? {} : { databaseUrl: await freshPostgres() })
    onTestFinished(() => own.stop())
    const first = await adminOf(own)
    const second = await person(first, 'second', { hostRole: 'admin' })
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all([
        first.http.patch('/users/second').send({ hostRole: null }),
        second.http.patch(`/users/${ADMIN.username}`).send({ hostRole: null }),
        first.http.patch(`/users/${ADMIN.username}`).send({ disabled: true }),
        second.http.patch('/users/second').send({ hostRole: 'auditor' }),
      ])
      expect(answers.map(({ status }) => status).filter((status) => ![200, 401, 403, 409].includes(status))).toEqual([])
      const survivor = (await first.http.get('/users')).status === 200 ? first : second
      const { items } = await survivor.ok<Items<User>>('GET', '/users')
      expect(items.filter(({ hostRole, disabled }) => hostRole === 'admin' && !disabled)).toHaveLength(1)
      // Whoever is an administrator still makes the other one again; a disabled one would need a new login.
      if (items.some(({ disabled }) => disabled)) break
      for (const username of ['second', ADMIN.username]) await survivor.ok('PATCH', `/users/${username}`, { hostRole: 'admin' })
    }
  })
})

async function freshPostgres(): Promise<string> {
  const postgres = await Postgres.start()
  onTestFinished(() => postgres.stop())
  return postgres.database('berth')
}
