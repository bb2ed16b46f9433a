import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../src/store/database.js'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, as, gatewayAlone, type Items, person, tryLogin } from './support/people.js'

interface Account {
  readonly id: string
  readonly username: string
  readonly team: string
  readonly role: string | null
  readonly disabled: boolean
}

let gateway: Gateway
let admin: Actor
let ann: Actor
let bob: Actor
beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
  for (const name of ['alpha', 'beta']) await admin.ok('POST', '/teams', { name })
  ann = await person(admin, 'ann', { teams: { alpha: 'maintainer' } })
  bob = await person(admin, 'bob', { teams: { beta: 'maintainer' } })
})
afterAll(() => gateway?.stop())

let count = 0
const make = (by: Actor, role = 'developer', team?: string) =>
  by.ok<Account>('POST', '/service-accounts', { name: `ci-${++count}`, role, ...(team && { team }) })
const tokenOf = async (by: Actor, { id }: Account, permissions: string[]) =>
  as(gateway, (await by.ok<{ token: string }>('POST', `/service-accounts/${id}/tokens`, { name: 't', permissions })).token)

describe('a service account', () => {
  it('belongs to a team, and acts by its tokens with the role that it has', async () => {
    const account = await make(ann)
    expect(account).toMatchObject({ username: `sa.alpha.ci-${count}`, team: 'alpha', role: 'developer', disabled: false })
    const program = await tokenOf(ann, account, ['containers.read', 'self.read', 'teams.read'])
    expect(await program.ok('GET', '/me')).toMatchObject({ username: account.username, teams: [{ name: 'alpha', role: 'developer' }] })
    await program.http.get('/teams/alpha').expect(200)
    await program.http.get('/teams/beta').expect(404)
    await program.http.get('/users').expect(403)
    const tokens = await ann.ok<Items<object>>('GET', `/service-accounts/${account.id}/tokens`)
    expect(JSON.stringify(tokens)).not.toContain(program.accessToken)
    expect(tokens.items).toMatchObject([{ name: 't', team: { name: 'alpha' } }])
  })

  it('is nobody who logs in, and no user', async () => {
    const account = await make(ann)
    for (const password of ['-', '', 'a long enough password'])
      expect((await tryLogin(gateway, account.username, password)).status).not.toBe(200)
    await admin.http.get(`/users/${account.id}`).expect(404)
    await admin.http.get(`/users/${account.username}`).expect(404)
    await admin.http.patch(`/users/${account.id}`).send({ hostRole: 'admin' }).expect(404)
    const { items } = await admin.ok<Items<{ username: string }>>('GET', '/users')
    expect(items.map(({ username }) => username)).not.toContain(account.username)
    expect((await admin.fails('POST', '/users', { username: 'sa.alpha.x', password: 'a long enough password' })).code).toBe(
      'invalid_request',
    )
    const program = await tokenOf(ann, account, ['self.read', 'containers.read'])
    expect((await program.fails('POST', '/me/tokens', { name: 'x', permissions: ['self.read'] })).code).toBe('permission_denied')
    const manager = await tokenOf(ann, account, ['self.manage'])
    expect((await manager.fails('POST', '/me/tokens', { name: 'x', permissions: ['self.manage'] })).code).toBe('session_required')
  })

  it('of another team is none', async () => {
    const foreign = await make(bob)
    const missing = await ann.fails('GET', '/service-accounts/0f0f0f0f-0000-4000-8000-000000000000')
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { disabled: true }],
      ['DELETE', '', undefined],
      ['GET', '/tokens', undefined],
      ['POST', '/tokens', { name: 't', permissions: ['self.read'] }],
      ['DELETE', '/tokens/x', undefined],
    ] as const) {
      const problem = await ann.fails(method, `/service-accounts/${foreign.id}${path}`, body)
      expect({ ...problem, requestId: '' }).toEqual({ ...missing, requestId: '' })
    }
    const { items } = await ann.ok<Items<Account>>('GET', '/service-accounts')
    expect(items.every(({ team }) => team === 'alpha')).toBe(true)
    // it stays where it is managed
    await ann.http.put(`/teams/alpha/members/${foreign.id}`).send({ role: 'viewer' }).expect(404)
    await admin.http.put(`/teams/alpha/members/${foreign.username}`).send({ role: 'viewer' }).expect(404)
  })

  it('has no more than who makes it or its tokens', async () => {
    await admin.ok('POST', '/roles', {
      name: 'keeper',
      scope: 'team',
      permissions: ['serviceAccounts.manage', 'serviceAccounts.read', 'containers.read'],
    })
    const kim = await person(admin, 'kim', { teams: { alpha: 'keeper' } })
    expect((await kim.fails('POST', '/service-accounts', { name: 'x', role: 'developer' })).code).toBe('permission_denied')
    const strong = await make(ann)
    const body = { name: 't', permissions: ['containers.read'] }
    expect((await kim.fails('POST', `/service-accounts/${strong.id}/tokens`, body)).code).toBe('permission_denied')
    expect((await kim.fails('PATCH', `/service-accounts/${strong.id}`, { disabled: true })).code).toBe('permission_denied')
    expect((await kim.fails('DELETE', `/service-accounts/${strong.id}`)).code).toBe('permission_denied')
    await admin.ok('POST', '/roles', { name: 'reader', scope: 'team', permissions: ['containers.read'] })
    const weak = await make(kim, 'reader')
    expect((await kim.fails('PATCH', `/service-accounts/${weak.id}`, { role: 'viewer' })).code).toBe('permission_denied')
    await tokenOf(kim, weak, ['containers.read'])
    const more = { name: 't', permissions: ['containers.read', 'containers.exec'] }
    expect((await ann.fails('POST', `/service-accounts/${weak.id}/tokens`, more)).code).toBe('permission_denied')
    const token = await ann.ok<{ token: string }>('POST', '/me/tokens', { name: 't', permissions: ['serviceAccounts.manage'] })
    expect((await as(gateway, token.token).fails('POST', `/service-accounts/${weak.id}/tokens`, body)).code).toBe('session_required')
  })

  it('loses its rights at once: by role, when disabled, by token, when deleted', async () => {
    const account = await make(ann)
    const program = await tokenOf(ann, account, ['teams.read', 'containers.exec', 'containers.read'])
    expect((await ann.ok<Account>('PATCH', `/service-accounts/${account.id}`, { role: 'viewer', displayName: 'CI' })).role).toBe('viewer')
    await program.http.get('/teams/alpha').expect(200)
    await ann.ok('PATCH', `/service-accounts/${account.id}`, { disabled: true })
    await program.http.get('/teams/alpha').expect(401)
    await ann.ok('PATCH', `/service-accounts/${account.id}`, { disabled: false })
    await program.http.get('/teams/alpha').expect(200)
    const { items } = await ann.ok<Items<{ id: string }>>('GET', `/service-accounts/${account.id}/tokens`)
    await ann.ok('DELETE', `/service-accounts/${account.id}/tokens/${items[0]!.id}`)
    await program.http.get('/teams/alpha').expect(401)
    expect((await ann.fails('DELETE', `/service-accounts/${account.id}/tokens/${items[0]!.id}`)).code).toBe('not_found')
    const second = await tokenOf(ann, account, ['teams.read'])
    await ann.ok('DELETE', `/service-accounts/${account.id}`)
    await second.http.get('/teams/alpha').expect(401)
  })

  it('goes with its team', async () => {
    await admin.ok('POST', '/teams', { name: 'gamma' })
    const account = await make(admin, 'viewer', 'gamma')
    const program = await tokenOf(admin, account, ['teams.read'])
    await program.http.get('/teams/gamma').expect(200)
    await admin.ok('DELETE', '/teams/gamma')
    await program.http.get('/teams').expect(401)
    const db = gateway.app.get(Database, { strict: false })
    expect(await db.selectFrom('users').selectAll().where('id', '=', account.id).execute()).toEqual([])
    expect(await db.selectFrom('tokens').selectAll().where('user_id', '=', account.id).execute()).toEqual([])
  })

  it.each([
    [{ name: 'CI', role: 'viewer' }, 'invalid_request'],
    [{ name: 'a'.repeat(25), role: 'viewer' }, 'invalid_request'],
    [{ name: 'x', role: 'admin' }, 'invalid_request'],
    [{ name: 'x' }, 'invalid_request'],
    [{ name: 'x', role: 'viewer', team: 'beta' }, 'not_found'],
  ])('%j is refused as %s', async (body, code) => {
    expect((await ann.fails('POST', '/service-accounts', body)).code).toBe(code)
  })

  it('has a name once in its team', async () => {
    await ann.ok('POST', '/service-accounts', { name: 'once', role: 'viewer' })
    expect((await ann.fails('POST', '/service-accounts', { name: 'once', role: 'viewer' })).code).toBe('name_in_use')
    await bob.ok('POST', '/service-accounts', { name: 'once', role: 'viewer' })
  })
})
