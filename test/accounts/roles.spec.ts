import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PERMISSIONS } from '../../src/access/index.js'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, gatewayAlone, type Items, person } from './support/people.js'

interface Role {
  readonly name: string
  readonly scope: string
  readonly permissions: string[]
  readonly builtIn: boolean
}

let gateway: Gateway
let admin: Actor
beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
  await admin.ok('POST', '/teams', { name: 'alpha' })
})
afterAll(() => gateway?.stop())

const make = (name: string, permissions: string[], scope = 'team', by = admin) =>
  by.ok<Role>('POST', '/roles', { name, scope, permissions })
const canI = async (actor: Actor, operation: string, target?: object) =>
  (await actor.ok<{ allowed: boolean }>('POST', '/me/can-i', { operation, ...(target && { target }) })).allowed

describe('a role that was made', () => {
  it('is listed beside the built-in ones and gives its holders what it lists', async () => {
    const role = await make('deployer', ['containers.operate', 'teams.read', 'containers.read'])
    expect(role).toMatchObject({ scope: 'team', builtIn: false, permissions: ['containers.operate', 'containers.read', 'teams.read'] })
    expect(await admin.ok('GET', '/roles/deployer')).toEqual(role)
    const { items } = await admin.ok<Items<Role>>('GET', '/roles')
    expect(items.map(({ name, builtIn }) => [name, builtIn])).toContainEqual(['deployer', false])
    const dora = await person(admin, 'dora', { teams: { alpha: 'deployer' } })
    expect(await dora.ok('GET', '/me')).toMatchObject({ teams: [{ name: 'alpha', role: 'deployer', permissions: role.permissions }] })
    expect(await canI(dora, 'ContainerList', { team: 'alpha' })).toBe(true)
    expect(await canI(dora, 'ContainerCreate', { team: 'alpha' })).toBe(false)
    await dora.http.get('/teams/alpha').expect(200)
    await dora.http.patch('/teams/alpha').send({ displayName: 'x' }).expect(403)
  })

  it('changes at once for everybody who has it', async () => {
    await make('changing', ['teams.read'])
    const carl = await person(admin, 'carl', { teams: { alpha: 'changing' } })
    expect(await canI(carl, 'ContainerList', { team: 'alpha' })).toBe(false)
    await admin.ok('PATCH', '/roles/changing', { permissions: ['teams.read', 'containers.read'], displayName: 'Changing' })
    expect(await canI(carl, 'ContainerList', { team: 'alpha' })).toBe(true)
    await admin.ok('PATCH', '/roles/changing', { permissions: [] })
    await carl.http.get('/teams/alpha').expect(403)
  })

  it('of the host holds in every team, and only there where it is a host role', async () => {
    await make('operator', ['system.metrics', 'containers.read', 'users.read'], 'host')
    const otto = await person(admin, 'otto', { hostRole: 'operator' })
    await otto.http.get('/users').expect(200)
    await otto.http.get('/metrics').expect(200)
    await otto.http.post('/users').send({ username: 'x', password: 'a long enough password' }).expect(403)
    expect(await canI(otto, 'ContainerList', { team: 'alpha' })).toBe(true)
    expect(await admin.fails('PUT', '/teams/alpha/members/otto', { role: 'operator' })).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/role' }],
    })
    expect(await admin.fails('PATCH', '/users/otto', { hostRole: 'deployer' })).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/hostRole' }],
    })
    await admin.ok('PATCH', '/users/otto', { hostRole: null })
    await otto.http.get('/users').expect(403)
  })

  it('is deleted when nobody has it any more', async () => {
    await make('short', ['teams.read'])
    const sue = await person(admin, 'sue', { teams: { alpha: 'short' } })
    const problem = await admin.fails('DELETE', '/roles/short')
    expect(problem).toMatchObject({ code: 'conflict', detail: expect.stringContaining('1 has this role') })
    await sue.http.get('/teams/alpha').expect(200)
    await admin.ok('DELETE', '/teams/alpha/members/sue')
    await admin.ok('DELETE', '/roles/short')
    await admin.http.get('/roles/short').expect(404)
    await admin.http.delete('/roles/short').expect(404)
    await make('host-short', ['users.read'], 'host')
    await admin.ok('PATCH', '/users/sue', { hostRole: 'host-short' })
    expect(await admin.fails('DELETE', '/roles/host-short')).toMatchObject({ code: 'conflict' })
  })

  it('in a team never has what lifts the team: that is for roles of the host', async () => {
    for (const permission of ['users.manage', 'profiles.manage', 'teams.delete', 'roles.manage', 'audit.read'])
      expect(await admin.fails('POST', '/roles', { name: 'lifter', scope: 'team', permissions: ['teams.read', permission] })).toMatchObject(
        {
          code: 'invalid_request',
          errors: [{ pointer: '/permissions/1', detail: expect.stringContaining('at most what maintainer has') }],
        },
      )
  })

  it.each([
    [{ name: 'viewer', scope: 'host', permissions: [] }, 'name_in_use'],
    [{ name: 'deployer', scope: 'team', permissions: [] }, 'name_in_use'],
    [{ name: 'Big', scope: 'team', permissions: [] }, 'invalid_request'],
    [{ name: 'a--b', scope: 'team', permissions: [] }, 'invalid_request'],
    [{ name: 'x', scope: 'planet', permissions: [] }, 'invalid_request'],
    [{ name: 'x', scope: 'team', permissions: ['containers.fly'] }, 'invalid_request'],
    [{ name: 'x', scope: 'team', permissions: ['teams.read', 'teams.read'] }, 'invalid_request'],
    [{ name: 'x', scope: 'team' }, 'invalid_request'],
  ])('%j is refused as %s', async (body, code) => {
    expect((await admin.fails('POST', '/roles', body)).code).toBe(code)
  })

  it('a built-in one is never changed or deleted', async () => {
    for (const name of ['viewer', 'developer', 'maintainer', 'auditor', 'admin']) {
      expect((await admin.fails('PATCH', `/roles/${name}`, { permissions: [] })).code).toBe('conflict')
      expect((await admin.fails('DELETE', `/roles/${name}`)).code).toBe('conflict')
    }
  })
})

describe('nobody grants what they lack', () => {
  let keeper: Actor
  beforeAll(async () => {
    const held = ['roles.manage', 'users.read', 'users.manage', 'teams.read', 'members.manage', 'containers.read']
    await make('keeper', held, 'host')
    keeper = await person(admin, 'keeper', { hostRole: 'keeper' })
  })

  it('by making a role, or by changing one', async () => {
    await make('small', ['containers.read'], 'team', keeper)
    for (const scope of ['team', 'host'])
      expect(
        await keeper.fails('POST', '/roles', { name: 'large', scope, permissions: ['containers.read', 'containers.exec'] }),
      ).toMatchObject({
        code: 'permission_denied',
        detail: expect.stringContaining('containers.exec'),
      })
    expect((await keeper.fails('PATCH', '/roles/small', { permissions: ['containers.exec'] })).code).toBe('permission_denied')
    // above their own: neither may it be emptied
    await make('above', ['containers.exec'])
    expect((await keeper.fails('PATCH', '/roles/above', { permissions: [] })).code).toBe('permission_denied')
    expect((await keeper.fails('DELETE', '/roles/above')).code).toBe('permission_denied')
    // their own role included: it can only shrink
    expect((await keeper.fails('PATCH', '/roles/keeper', { permissions: [...PERMISSIONS] })).code).toBe('permission_denied')
  })

  it('by giving a role, on the host or in a team', async () => {
    const pat = await person(admin, 'pat')
    await keeper.ok('PUT', `/teams/alpha/members/${pat.userId}`, { role: 'small' })
    expect((await keeper.fails('PUT', `/teams/alpha/members/${pat.userId}`, { role: 'above' })).code).toBe('permission_denied')
    expect((await keeper.fails('PUT', `/teams/alpha/members/${pat.userId}`, { role: 'viewer' })).code).toBe('permission_denied')
    expect((await keeper.fails('PATCH', `/users/${pat.userId}`, { hostRole: 'admin' })).code).toBe('permission_denied')
    // and not through the account of somebody who has more
    expect((await keeper.fails('PATCH', '/users/admin', { password: 'a long enough password' })).code).toBe('permission_denied')
    await admin.ok('PUT', `/teams/alpha/members/${pat.userId}`, { role: 'above' })
    expect((await keeper.fails('PATCH', `/users/${pat.userId}`, { password: 'a long enough password' })).code).toBe('permission_denied')
    expect((await keeper.fails('DELETE', `/teams/alpha/members/${pat.userId}`)).code).toBe('permission_denied')
  })
})

describe('GET /who-can', () => {
  interface Able {
    readonly username: string
    readonly kind: string
    readonly because: object
  }
  const whoCan = async (query: string) => (await admin.ok<Items<Able>>('GET', `/who-can?limit=1000&${query}`)).items

  it('answers everybody who may, and by which rule', async () => {
    const zara = await person(admin, 'zara', { teams: { alpha: 'maintainer' } })
    const { id } = await zara.ok<{ id: string }>('POST', '/service-accounts', { name: 'ci', role: 'developer' })
    const able = await whoCan('operation=ContainerCreate&teamName=alpha')
    expect(able.map(({ username, kind, because }) => ({ username, kind, because }))).toEqual([
      { username: 'admin', kind: 'user', because: { rule: 'hostRole', role: 'admin', team: 'alpha' } },
      { username: 'sa.alpha.ci', kind: 'service', because: { rule: 'teamRole', role: 'developer', team: 'alpha' } },
      { username: 'zara', kind: 'user', because: { rule: 'teamRole', role: 'maintainer', team: 'alpha' } },
    ])
    expect((await whoCan(`operation=ServiceTokenCreate&target=${id}`)).map(({ username }) => username)).toEqual(['admin', 'zara'])
    expect((await whoCan('operation=UserDelete&target=zara')).map(({ username }) => username)).toEqual(['admin', 'keeper'])
    await admin.ok('PATCH', '/users/zara', { disabled: true })
    expect((await whoCan('operation=TeamUpdate&target=alpha')).map(({ username }) => username)).toEqual(['admin'])
  })

  it('pages, and refuses what it does not know', async () => {
    const first = await admin.ok<Items<Able>>('GET', '/who-can?operation=MeInspect&limit=2')
    expect(first.items).toHaveLength(2)
    const rest = await admin.ok<Items<Able>>('GET', `/who-can?operation=MeInspect&limit=1000&cursor=${first.nextCursor}`)
    expect([...first.items, ...rest.items].map(({ username }) => username)).toEqual(
      (await whoCan('operation=MeInspect')).map(({ username }) => username),
    )
    expect((await admin.fails('GET', '/who-can?operation=ContainerFly')).code).toBe('invalid_request')
    expect((await admin.fails('GET', '/who-can')).code).toBe('invalid_request')
    expect((await admin.fails('GET', '/who-can?operation=ContainerStart&target=nowhere')).code).toBe('not_found')
    const viewer = await person(admin, 'vera', { teams: { alpha: 'viewer' } })
    await viewer.http.get('/who-can?operation=MeInspect').expect(403)
  })
})
