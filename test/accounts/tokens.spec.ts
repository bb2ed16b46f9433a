import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccessChanges } from '../../src/access/index.js'
import { TokenStore } from '../../src/store/tokens.store.js'
import { Database } from '../../src/store/database.js'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, as, gatewayAlone, type Items, person } from './support/people.js'

interface Token {
  readonly id: string
  readonly token: string
  readonly prefix: string
  readonly permissions: string[]
  readonly expiresAt: string
  readonly usedAt: string | null
}

const DAY = 86_400_000

let gateway: Gateway
let admin: Actor
let ann: Actor

beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
  await admin.ok('POST', '/teams', { name: 'alpha' })
  await admin.ok('POST', '/teams', { name: 'beta' })
  ann = await person(admin, 'ann', { teams: { alpha: 'maintainer', beta: 'developer' } })
})
afterAll(() => gateway?.stop())

const create = (actor: Actor, body: object) => actor.ok<Token>('POST', '/me/tokens', { name: 't', ...body })
const teamsOf = async (token: Token) =>
  (await as(gateway, token.token).ok<Items<{ name: string }>>('GET', '/teams')).items.map(({ name }) => name)

describe('a personal token', () => {
  it('is shown once, kept as a hash, and does what it lists', async () => {
    const made = await create(ann, { permissions: ['teams.read', 'self.read'] })
    expect(made.token).toMatch(/^berth_pat_[A-Za-z0-9_-]{43}$/)
    expect(made).toMatchObject({ permissions: ['self.read', 'teams.read'], team: null, usedAt: null, prefix: made.token.slice(0, 14) })
    await expect(teamsOf(made)).resolves.toEqual(['alpha', 'beta'])
    const listed = (await ann.ok<Items<Token>>('GET', '/me/tokens')).items.find(({ id }) => id === made.id)!
    expect(listed).not.toHaveProperty('token')
    expect(listed.usedAt).not.toBeNull()
    const row = await gateway.app.get(TokenStore, { strict: false }).find(made.id)
    expect(JSON.stringify(row)).not.toContain(made.token.slice(14))
  })

  it('does nothing that it does not list, whatever its owner may do', async () => {
    const made = as(gateway, (await create(ann, { permissions: ['teams.read'] })).token)
    expect(await made.fails('GET', '/me')).toMatchObject({ code: 'permission_denied', detail: expect.stringContaining('self.read') })
    expect(await made.fails('PUT', '/teams/alpha/members/ann', { role: 'viewer' })).toMatchObject({ code: 'permission_denied' })
    const adminsOwn = as(gateway, (await create(admin, { permissions: ['teams.read'] })).token)
    expect(await adminsOwn.fails('GET', '/users')).toMatchObject({ code: 'permission_denied' })
  })

  it('loses what its owner loses, at once, and gets it back with the role', async () => {
    const made = as(gateway, (await create(ann, { permissions: ['members.manage', 'teams.read'], team: 'alpha' })).token)
    const allowed = { permission: 'members.manage' }
    const invite = () => made.http.put('/teams/alpha/members/ann').send({ role: 'viewer' })
    expect((await invite()).body).toMatchObject({ code: 'permission_denied', detail: expect.not.stringContaining(allowed.permission) })
    await made.http.delete('/teams/alpha/members/admin').expect(404)
    await admin.ok('PUT', '/teams/alpha/members/ann', { role: 'viewer' })
    const lost = await made.http.delete('/teams/alpha/members/admin').expect(403)
    expect(lost.body).toMatchObject({ detail: expect.stringContaining(allowed.permission) })
    await admin.ok('DELETE', '/teams/alpha/members/ann')
    await made.http.get('/teams/alpha').expect(404)
    await admin.ok('PUT', '/teams/alpha/members/ann', { role: 'maintainer' })
    await made.http.get('/teams/alpha').expect(200)
  })

  it('for one team sees no other, and nothing of the host', async () => {
    const made = await create(admin, { permissions: ['teams.read', 'users.read', 'self.read'], team: 'beta' })
    await expect(teamsOf(made)).resolves.toEqual(['beta'])
    const actor = as(gateway, made.token)
    await actor.http.get('/teams/alpha').expect(404)
    await actor.http.get('/users').expect(403)
    expect(await actor.ok('GET', '/me')).toMatchObject({ permissions: ['self.read'] })
  })

  it('ends when it is deleted, and with its time', async () => {
    const made = await create(ann, { permissions: ['teams.read'] })
    await expect(teamsOf(made)).resolves.toHaveLength(2)
    await ann.http.delete(`/me/tokens/${made.id}`).expect(204)
    await as(gateway, made.token).http.get('/teams').expect(401)
    await ann.http.delete(`/me/tokens/${made.id}`).expect(404)

    const other = await create(ann, { permissions: ['teams.read'] })
    const past = new Date(Date.now() - 1).toISOString()
    await gateway.app.get(Database, { strict: false }).updateTable('tokens').set({ expires_at: past }).where('id', '=', other.id).execute()
    await as(gateway, other.token).http.get('/teams').expect(401)
  })

  it("ends with its owner's account, and rests while that is disabled", async () => {
    const user = await person(admin, 'tom', { teams: { alpha: 'viewer' } })
    const made = as(gateway, (await create(user, { permissions: ['teams.read'] })).token)
    expect((await made.http.get('/teams')).status).toBe(200)
    await admin.ok('PATCH', '/users/tom', { disabled: true })
    expect((await made.http.get('/teams')).status).toBe(401)
    await admin.ok('PATCH', '/users/tom', { disabled: false })
    expect((await made.http.get('/teams')).status).toBe(200)
    await admin.ok('DELETE', '/users/tom')
    expect((await made.http.get('/teams')).status).toBe(401)
  })

  it('can not make another one, nor log out', async () => {
    const made = as(gateway, (await create(ann, { permissions: ['self.manage', 'teams.read'] })).token)
    expect(await made.fails('POST', '/me/tokens', { name: 'child', permissions: ['teams.read'] })).toMatchObject({
      code: 'session_required',
    })
    expect(await made.fails('POST', '/auth/logout')).toMatchObject({ code: 'session_required' })
  })

  it("is not for others to delete: somebody else's token does not exist", async () => {
    const made = await create(ann, { permissions: ['teams.read'] })
    for (const id of [made.id, made.prefix, '%00'])
      await admin.http.delete(`/me/tokens/${id}`).expect(({ status }) => expect([400, 404]).toContain(status))
    await expect(teamsOf(made)).resolves.toHaveLength(2)
  })

  it('with permissions that are gone from the catalogue gives nothing for them', async () => {
    const made = await create(ann, { permissions: ['teams.read'] })
    const db = gateway.app.get(Database, { strict: false })
    for (const permissions of ['["teams.destroy","__proto__"]', '{"teams.read":true}', '[["teams.read"]]']) {
      await db.updateTable('tokens').set({ permissions }).where('id', '=', made.id).execute()
      gateway.app.get(AccessChanges, { strict: false }).announce({})
      expect((await as(gateway, made.token).http.get('/teams')).status).toBe(403)
    }
  })

  it('lasts 90 days unless said otherwise, and 365 at most', async () => {
    const made = await create(ann, { permissions: ['teams.read'] })
    expect(Math.round((Date.parse(made.expiresAt) - Date.now()) / DAY)).toBe(90)
    const year = await create(ann, { permissions: ['teams.read'], expiresAt: new Date(Date.now() + 365 * DAY - 60_000).toISOString() })
    expect(Date.parse(year.expiresAt)).toBeGreaterThan(Date.now() + 364 * DAY)
  })

  it.each([
    ['an unknown permission', { permissions: ['teams.read', 'containers.fly'] }, 400, '/permissions/1'],
    ['no permission', { permissions: [] }, 400, '/permissions'],
    ['a permission twice', { permissions: ['teams.read', 'teams.read'] }, 400, '/permissions'],
    ['no list', { permissions: 'teams.read' }, 400, '/permissions'],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 400, '/expiresAt'],
    ['an expiry in two years', { expiresAt: new Date(Date.now() + 730 * DAY).toISOString() }, 400, '/expiresAt'],
    ['an expiry that is no time', { expiresAt: 'tomorrow' }, 400, '/expiresAt'],
    ['null for the expiry', { expiresAt: null }, 400, '/expiresAt'],
    ['a name with control characters', { name: 'a\u0000b' }, 400, '/name'],
    ['no name', { name: '' }, 400, '/name'],
    ['a team that there is not', { team: 'gamma' }, 404, undefined],
    ['a permission that its owner lacks', { permissions: ['users.manage'] }, 403, undefined],
    ['a permission that its owner lacks in that team', { permissions: ['members.manage'], team: 'beta' }, 403, undefined],
  ])('is not made with %s', async (_, change, status, pointer) => {
    const problem = await ann.fails('POST', '/me/tokens', { name: 't', permissions: ['teams.read'], ...change })
    expect([problem.status, problem.errors?.[0]?.pointer]).toEqual([status, pointer])
  })
})
