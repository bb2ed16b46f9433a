import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PERMISSIONS } from '../../src/access/index.js'
import { Passwords } from '../../src/accounts/passwords.js'
import { AuditStore } from '../../src/store/audit.store.js'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, as, gatewayAlone, type Items, PASSWORD, person, tryLogin } from './support/people.js'

interface Me {
  readonly permissions: string[]
  readonly teams: { readonly name: string; readonly role: string; readonly permissions: string[] }[]
}

let gateway: Gateway
let admin: Actor
let dev: Actor

beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
  for (const name of ['alpha', 'beta', 'gamma']) await admin.ok('POST', '/teams', { name })
  dev = await person(admin, 'dev', { teams: { alpha: 'developer', beta: 'viewer' } })
})
afterAll(() => gateway?.stop())

describe('GET /me', () => {
  it('tells who one is and what one may do in each team', async () => {
    const me = await dev.ok<Me>('GET', '/me')
    expect(me).toMatchObject({
      id: dev.userId,
      username: 'dev',
      displayName: 'dev',
      hostRole: null,
      permissions: ['self.manage', 'self.read', 'system.read'],
    })
    expect(me.teams.map(({ name, role }) => [name, role])).toEqual([
      ['alpha', 'developer'],
      ['beta', 'viewer'],
    ])
    expect(me.teams[0]!.permissions).toContain('containers.exec')
    expect(me.teams[1]!.permissions).not.toContain('containers.exec')
  })

  it('tells of a token what that may do', async () => {
    const { token } = await dev.ok<{ token: string }>('POST', '/me/tokens', { name: 't', permissions: ['self.read', 'containers.exec'] })
    const me = await as(gateway, token).ok<Me>('GET', '/me')
    expect(me.permissions).toEqual(['self.read'])
    expect(me.teams.map(({ permissions }) => permissions)).toEqual([['containers.exec'], []])
  })

  it('tells administrators everything', async () => {
    expect((await admin.ok<Me>('GET', '/me')).permissions).toEqual(PERMISSIONS)
  })
})

describe('POST /me/can-i', () => {
  const ALPHA = { rule: 'teamRole', role: 'developer', team: 'alpha' }
  const BETA = { rule: 'teamRole', role: 'viewer', team: 'beta' }
  const TARGET = { rule: 'target' }
  const ask = (actor: Actor, operation: string, target?: object) => actor.ok('POST', '/me/can-i', { operation, ...(target && { target }) })

  it.each([
    ['ContainerCreate', { team: 'alpha' }, { allowed: true, permission: 'containers.create', because: ALPHA }],
    ['ContainerCreate', { team: 'beta' }, { allowed: false, permission: 'containers.create', code: 'permission_denied', because: BETA }],
    ['ContainerCreate', { team: 'gamma' }, { allowed: false, permission: 'containers.create', code: 'not_found', because: TARGET }],
    ['ContainerCreate', { team: 'nowhere' }, { allowed: false, permission: 'containers.create', code: 'not_found', because: TARGET }],
    ['ContainerCreate', undefined, { allowed: false, permission: 'containers.create', code: 'team_required', because: TARGET }],
    [
      'ContainerRestart',
      { ref: 'web', team: 'alpha' },
      { allowed: false, permission: 'containers.operate', code: 'not_found', because: TARGET },
    ],
    ['ContainerRestart', undefined, { allowed: false, permission: 'containers.operate', code: 'invalid_reference', because: TARGET }],
    ['UserList', undefined, { allowed: false, permission: 'users.read', code: 'permission_denied', because: { rule: 'noRole' } }],
    ['UserInspect', { ref: 'admin' }, { allowed: false, permission: 'users.read', code: 'permission_denied', because: { rule: 'noRole' } }],
    ['MeInspect', undefined, { allowed: true, permission: 'self.read', because: { rule: 'everybody' } }],
    ['SwarmInit', undefined, { allowed: false, permission: 'none', code: 'operation_not_offered', because: { rule: 'notOffered' } }],
    ['TeamUpdate', { ref: 'alpha' }, { allowed: false, permission: 'teams.update', code: 'permission_denied', because: ALPHA }],
  ])('answers a developer of alpha and viewer of beta about %s on %j', async (operation, target, answer) => {
    await expect(ask(dev, operation, target)).resolves.toEqual(answer)
  })

  it('answers what the operation itself answers', async () => {
    await expect(ask(admin, 'UserInspect', { ref: 'dev' })).resolves.toEqual({
      allowed: true,
      permission: 'users.read',
      because: { rule: 'hostRole', role: 'admin' },
    })
    await admin.http.get('/users/dev').expect(200)
    await expect(ask(admin, 'UserInspect', { ref: 'nobody' })).resolves.toMatchObject({ allowed: false, code: 'not_found' })
    await admin.http.get('/users/nobody').expect(404)
  })

  it('tells of a token that it does not list the permission, or is for another team', async () => {
    const { token } = await dev.ok<{ token: string }>('POST', '/me/tokens', {
      name: 't',
      permissions: ['self.read', 'containers.create'],
      team: 'alpha',
    })
    const program = as(gateway, token)
    await expect(ask(program, 'ContainerList', { team: 'alpha' })).resolves.toMatchObject({ because: { rule: 'tokenPermissions' } })
    await expect(ask(program, 'UserList')).resolves.toMatchObject({ because: { rule: 'tokenPermissions' } })
    await expect(ask(program, 'ContainerCreate', { team: 'beta' })).resolves.toMatchObject({ allowed: false, because: TARGET })
    await expect(ask(program, 'ContainerCreate', { team: 'alpha' })).resolves.toMatchObject({ allowed: true, because: ALPHA })
  })

  it('leaves no record: to ask is not to try', async () => {
    const { headers } = await dev.http.post('/me/can-i').send({ operation: 'UserList' }).expect(200)
    const records = await gateway.app.get(AuditStore, { strict: false }).read({ requestId: String(headers['x-request-id']), limit: 10 })
    expect(records).toEqual([])
  })

  it.each([
    [{ operation: 'ContainerFly' }, '/operation'],
    [{ operation: '__proto__' }, '/operation'],
    [{ operation: 'toString' }, '/operation'],
    [{}, '/operation'],
    [{ operation: 'UserList', target: null }, '/target'],
    [{ operation: 'UserList', target: 'x' }, '/target'],
    [{ operation: 'UserList', target: [] }, '/target'],
    [{ operation: 'UserList', target: { ref: 1 } }, '/target/ref'],
    [{ operation: 'UserList', target: { id: 'x' } }, '/target/id'],
  ])('refuses %j', async (body, pointer) => {
    const problem = await dev.fails('POST', '/me/can-i', body)
    expect(problem).toMatchObject({ status: 400, errors: expect.arrayContaining([expect.objectContaining({ pointer })]) })
  })
})

describe('POST /me/password', () => {
  it.each([
    ['eve', { password: 'set by the administrator' }],
    ['fay', { disabled: true }],
  ])('does not undo what an administrator did while it hashed: %s %j', async (username, change) => {
    const eve = await person(admin, username)
    const passwords = gateway.app.get(Passwords, { strict: false })
    const real = passwords.hash.bind(passwords)
    const parked = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    vi.spyOn(passwords, 'hash').mockImplementationOnce(async (password) => {
      parked.resolve()
      await gate.promise
      return real(password)
    })
    const sent = eve.http
      .post('/me/password')
      .send({ current: PASSWORD, new: 'password of the thief' })
      .then((answer) => answer)
    await parked.promise
    await admin.ok('PATCH', `/users/${eve.userId}`, change)
    gate.resolve()
    expect(await sent).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    await admin.ok('PATCH', `/users/${eve.userId}`, { disabled: false })
    await tryLogin(gateway, username, 'password of the thief').expect(401)
    await tryLogin(gateway, username, 'password' in change ? change.password : PASSWORD).expect(200)
  })
})

describe('roles and permissions', () => {
  it('are those that are built in', async () => {
    const { items } = await dev.ok<Items<{ name: string; scope: string; permissions: string[] }>>('GET', '/roles')
    expect(items.map(({ name, scope }) => `${scope} ${name}`)).toEqual([
      'host admin',
      'host auditor',
      'team developer',
      'team maintainer',
      'team viewer',
    ])
    const viewer = await dev.ok<{ permissions: string[] }>('GET', '/roles/viewer')
    expect(viewer.permissions).toContain('containers.logs')
    expect(viewer.permissions).not.toContain('containers.env')
    for (const name of ['owner', '__proto__', 'constructor']) await dev.http.get(`/roles/${name}`).expect(404)
  })

  it('name the operations that need each permission', async () => {
    const { items, nextCursor } = await dev.ok<Items<{ name: string; operations: string[] }>>('GET', '/permissions?limit=1000')
    expect(nextCursor).toBeNull()
    expect(items.map(({ name }) => name)).toEqual(PERMISSIONS)
    expect(items.find(({ name }) => name === 'containers.exec')!.operations).toEqual([
      'ContainerExec',
      'ExecInspect',
      'ExecResize',
      'ExecStart',
    ])
    expect(items.flatMap(({ operations }) => operations)).not.toContain('SwarmInit')
  })
})
