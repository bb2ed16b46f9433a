import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RegistryAccess } from '../../src/common/registry-access.js'
import { Database } from '../../src/store/database.js'
import type { Actor, Scenario, Team } from '../support/scenario.js'
import { PORTS, RegistryWorld, type SavedRegistry, USERS } from './support/world.js'

const PASSWORD = USERS.ann
let world: RegistryWorld
let s: Scenario
let alpha: Team
let bravo: Team
let maintainer: Actor
let other: Actor

beforeAll(async () => {
  world = new RegistryWorld()
  await Promise.all([world.basic(), world.tls(), world.token(), world.seed()])
  s = await world.gateway()
  alpha = await s.team('alpha')
  bravo = await s.team('bravo')
  maintainer = await s.user('maintainer', { alpha: 'maintainer' })
  other = await s.user('other', { bravo: 'maintainer' })
})
afterAll(() => world?.[Symbol.asyncDispose]())

const basic = { url: `http://127.0.0.1:${PORTS.basic}`, username: 'ann', password: PASSWORD }
const credentialFor = (team: Team, registry: string) =>
  s.gateway.app.get(RegistryAccess, { strict: false }).credentialFor(team.id, registry, { repository: 'ann/app', action: 'pull' })

describe('saving a registry', () => {
  it('tries the credential, keeps it sealed and never shows it', async () => {
    const saved = await maintainer.ok<SavedRegistry>('POST', '/registries', { name: 'basic', ...basic })
    expect(saved).toMatchObject({
      team: alpha.name,
      name: 'basic',
      address: `127.0.0.1:${PORTS.basic}`,
      username: 'ann',
      login: 'verified',
    })
    const seen = [saved, await maintainer.ok('GET', '/registries'), await maintainer.ok('GET', `/registries/${saved.id}`)]
    expect(JSON.stringify(seen)).not.toContain(PASSWORD)

    const everything = await contentOfDatabase()
    expect(everything).toContain(`"username":"ann"`)
    for (const form of [PASSWORD, Buffer.from(PASSWORD).toString('base64'), Buffer.from(`ann:${PASSWORD}`).toString('base64')])
      expect(everything).not.toContain(form)
    const key = join(s.gateway.dataDir, 'secrets.key')
    expect(statSync(key).mode & 0o777).toBe(0o600)
    expect(everything).not.toContain(readFileSync(key, 'utf8').trim())
  })

  it.each([
    ['a wrong password', { ...basic, password: 'wrong' }, 'registry_login_failed'],
    ['a user that is not there', { ...basic, username: 'eve' }, 'registry_login_failed'],
    ['half a credential', { url: basic.url, username: 'ann' }, 'invalid_request'],
    ['https where plain http is spoken', { ...basic, url: `https://127.0.0.1:${PORTS.basic}` }, 'registry_plain_http'],
    ['plain http where https is spoken', { ...basic, url: `http://127.0.0.1:${PORTS.tls}` }, 'registry_needs_https'],
    ['an authority that nobody knows', { ...basic, url: `https://127.0.0.1:${PORTS.tls}` }, 'registry_untrusted'],
    ['a token service that was not confirmed', { ...basic, url: `http://127.0.0.1:${PORTS.token}` }, 'registry_realm_refused'],
    ['a path', { ...basic, url: `${basic.url}/v2/` }, 'invalid_request'],
    ['a credential in the address', { ...basic, url: `http://ann:x@127.0.0.1:${PORTS.basic}` }, 'invalid_request'],
    ['a host that no reference can name', { ...basic, url: 'http://registry' }, 'invalid_request'],
    ['no certificate', { ...basic, caCertificate: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----' }, 'invalid_request'],
  ])('refuses %s, and keeps nothing', async (_, body, code) => {
    const problem = await maintainer.fails('POST', '/registries', { name: 'refused', ...body })
    expect(problem.code).toBe(code)
    expect(problem.hint).not.toBe('')
    expect(JSON.stringify(problem)).not.toContain(PASSWORD)
    const { items } = await maintainer.ok<{ items: SavedRegistry[] }>('GET', '/registries')
    expect(items.filter(({ name }) => name === 'refused')).toEqual([])
  })

  it('takes a self-signed registry with its certificate, and says what the engine needs', async () => {
    const url = `https://127.0.0.1:${PORTS.tls}`
    const saved = await maintainer.ok<SavedRegistry>('POST', '/registries', {
      ...basic,
      name: 'tls',
      url,
      caCertificate: world.certificate.pem,
    })
    expect(saved.login).toBe('verified')
    const check = await maintainer.ok<{ login: string; warnings: string[] }>('POST', `/registries/${saved.id}/check`)
    expect(check).toEqual({ login: 'verified', warnings: [expect.stringContaining(`certs.d/127.0.0.1:${PORTS.tls}/ca.crt`)] })
  })

  it('takes a token service that was confirmed', async () => {
    const body = { ...basic, name: 'token', url: `http://127.0.0.1:${PORTS.token}`, tokenHost: `127.0.0.1:${PORTS.tokens}` }
    expect((await maintainer.fails('POST', '/registries', { ...body, password: 'wrong' })).code).toBe('registry_login_failed')
    expect(await maintainer.ok('POST', '/registries', body)).toMatchObject({ login: 'verified', tokenHost: body.tokenHost })
  })

  it('says where a registry asks nobody who they are', async () => {
    const url = `http://127.0.0.1:${PORTS.seed}`
    const saved = await maintainer.ok<SavedRegistry>('POST', '/registries', { ...basic, name: 'open', url })
    expect(saved.login).toBe('not_required')
    expect(await maintainer.ok('POST', `/registries/${saved.id}/check`)).toEqual({ login: 'not_required', warnings: [] })
  })

  it('has each name and each address once in a team, and again in another', async () => {
    const twice = await maintainer.fails('POST', '/registries', { ...basic, name: 'again' })
    expect([twice.status, twice.code]).toEqual([409, 'conflict'])
    const { id } = await byName(maintainer, 'token')
    const name = await maintainer.fails('PATCH', `/registries/${id}`, { name: 'basic' })
    expect([name.status, name.code]).toEqual([409, 'name_in_use'])
    await other.ok('POST', '/registries', { ...basic, name: 'basic', username: 'bob', password: USERS.bob })
  })
})

describe('a dry run', () => {
  it('tries everything and keeps nothing', async () => {
    const team = await s.team('dry')
    const create = (body: object) => s.admin.http.post('/registries?dryRun=true').send({ team: team.name, name: 'dry', ...basic, ...body })
    expect((await create({})).status).toBe(204)
    expect((await create({ password: 'wrong' })).body).toMatchObject({ code: 'registry_login_failed' })
    expect(await s.admin.ok('GET', `/registries?team=${team.name}`)).toMatchObject({ items: [] })
    const { id } = await s.admin.ok<SavedRegistry>('POST', '/registries', { team: team.name, name: 'dry', ...basic })
    expect((await create({ name: 'other' })).body).toMatchObject({ code: 'conflict' })
    const update = (body: object) => s.admin.http.patch(`/registries/${id}?dryRun=true`).send(body)
    expect((await update({ name: 'renamed' })).status).toBe(204)
    expect((await update({ url: `http://127.0.0.1:${PORTS.seed}` })).body).toMatchObject({ code: 'invalid_request' })
    expect((await s.admin.http.delete(`/registries/${id}?dryRun=true`)).status).toBe(204)
    expect(await s.admin.ok('GET', `/registries/${id}`)).toMatchObject({ name: 'dry', url: basic.url })
  })
})

describe('the credential of a team', () => {
  it('is for exactly its host and port, and for no other team', async () => {
    expect(await credentialFor(alpha, `127.0.0.1:${PORTS.basic}`)).toMatchObject({ username: 'ann', password: PASSWORD })
    expect(await credentialFor(bravo, `127.0.0.1:${PORTS.basic}`)).toMatchObject({ username: 'bob', password: USERS.bob })
    for (const registry of [
      '127.0.0.1',
      '127.0.0.1:50110',
      `localhost:${PORTS.basic}`,
      'docker.io',
      `127.0.0.1:${PORTS.basic}.evil.example`,
    ])
      expect(await credentialFor(alpha, registry)).toBeNull()
    expect(await credentialFor({ id: 'library', name: 'library' }, `127.0.0.1:${PORTS.basic}`)).toBeNull()
  })

  it('is a token for the one use, where another host makes the tokens', async () => {
    const access = s.gateway.app.get(RegistryAccess, { strict: false })
    const given = await access.credentialFor(alpha.id, `127.0.0.1:${PORTS.token}`, { repository: 'ann/app', action: 'push' })
    expect(given).toMatchObject({ username: '', password: '' })
    const claims = JSON.parse(Buffer.from(given!.registryToken!.split('.')[1]!, 'base64url').toString()) as { access: unknown }
    expect(claims.access).toEqual([{ type: 'repository', name: 'ann/app', actions: ['pull', 'push'] }])
  })

  it('opens in no other row', async () => {
    const db = s.gateway.app.get(Database, { strict: false })
    const row = await db.selectFrom('registries').selectAll().where('team_id', '=', bravo.id).executeTakeFirstOrThrow()
    const stolen = await db
      .selectFrom('registries')
      .select('password')
      .where('team_id', '=', alpha.id)
      .where('name', '=', 'basic')
      .executeTakeFirstOrThrow()
    await db.updateTable('registries').set({ password: stolen.password }).where('id', '=', row.id).execute()
    await expect(credentialFor(bravo, row.address)).rejects.toThrow()
    await db.updateTable('registries').set({ password: row.password, url: 'http://127.0.0.1:5099' }).where('id', '=', row.id).execute()
    await expect(credentialFor(bravo, row.address)).rejects.toThrow()
    await db.updateTable('registries').set({ url: row.url }).where('id', '=', row.id).execute()
    expect(await credentialFor(bravo, row.address)).toMatchObject({ username: 'bob' })
  })
})

describe('changing a registry', () => {
  it('never sends the kept password to another place', async () => {
    const { id } = await byName(maintainer, 'basic')
    const elsewhere = [
      { url: `http://127.0.0.1:${PORTS.seed}` },
      { url: `https://127.0.0.1:${PORTS.basic}` },
      { tokenHost: 'evil.example' },
      { caCertificate: world.certificate.pem },
      { username: 'bob' },
    ]
    for (const change of elsewhere) {
      const problem = await maintainer.fails('PATCH', `/registries/${id}`, change)
      expect([problem.code, problem.errors?.[0]?.pointer]).toEqual(['invalid_request', '/password'])
    }
    expect((await maintainer.fails('PATCH', `/registries/${id}`, { password: 'wrong' })).code).toBe('registry_login_failed')
    expect(await credentialFor(alpha, `127.0.0.1:${PORTS.basic}`)).toMatchObject({ username: 'ann', password: PASSWORD })
  })

  it('takes a new name alone, another user with the password, and the credential away', async () => {
    const { id } = await byName(maintainer, 'basic')
    expect(await maintainer.ok('PATCH', `/registries/${id}`, { name: 'renamed' })).toMatchObject({ name: 'renamed', username: 'ann' })
    expect(await maintainer.ok('PATCH', `/registries/${id}`, { username: 'bob', password: USERS.bob })).toMatchObject({
      username: 'bob',
      login: 'verified',
    })
    expect(await maintainer.ok('PATCH', `/registries/${id}`, { username: null })).toMatchObject({ username: null, login: 'none' })
    expect(await credentialFor(alpha, `127.0.0.1:${PORTS.basic}`)).toBeNull()
    await maintainer.ok('DELETE', `/registries/${id}`)
    expect((await maintainer.fails('GET', `/registries/${id}`)).code).toBe('not_found')
  })

  it('holds a change to what was read', async () => {
    const { id } = await byName(maintainer, 'token')
    const read = await maintainer.http.get(`/registries/${id}`).expect(200)
    const etag = read.headers['etag']!
    await maintainer.http.patch(`/registries/${id}`).set('if-match', etag).send({ name: 'tokens' }).expect(200)
    const late = await maintainer.http.patch(`/registries/${id}`).set('if-match', etag).send({ name: 'late' }).expect(412)
    expect(late.body).toMatchObject({ code: 'precondition_failed' })
  })

  it('is for maintainers; developers see it, other teams do not', async () => {
    const developer = await s.user('developer', { alpha: 'developer' })
    const { id } = await byName(maintainer, 'tls')
    expect(await developer.ok('GET', `/registries/${id}`)).toMatchObject({ name: 'tls' })
    for (const [method, path] of [
      ['POST', '/registries'],
      ['PATCH', `/registries/${id}`],
      ['DELETE', `/registries/${id}`],
    ] as const)
      expect(await developer.fails(method, path, { name: 'x', url: basic.url })).toMatchObject({
        code: 'permission_denied',
        detail: expect.stringContaining('registries.manage') as string,
      })
    const foreign = await other.fails('GET', `/registries/${id}`)
    const missing = await other.fails('GET', '/registries/8c8f1c9e-0000-4000-8000-000000000000')
    expect({ ...foreign, requestId: '' }).toEqual({ ...missing, requestId: '' })
  })
})

it('leaves no password in the audit log', async () => {
  const audit = JSON.stringify(await s.admin.ok('GET', '/audit?limit=1000'))
  expect(audit).toContain('RegistryCreate')
  for (const password of Object.values(USERS)) expect(audit).not.toContain(password)
})

it('goes with its team', async () => {
  const gone = await s.team('gone')
  await s.admin.ok('POST', '/registries', { ...basic, team: gone.name, name: 'basic' })
  for (const reference of await references(gone)) await s.admin.ok('DELETE', `/images/${encodeURIComponent(reference)}?team=${gone.name}`)
  await s.admin.ok('DELETE', `/teams/${gone.name}`)
  expect(await credentialFor(gone, `127.0.0.1:${PORTS.basic}`)).toBeNull()
})

async function references(team: Team): Promise<string[]> {
  const { items } = await s.admin.ok<{ items: { references: string[] }[] }>('GET', `/images?team=${team.name}`)
  return items.flatMap((image) => image.references)
}

async function byName(actor: Actor, name: string): Promise<SavedRegistry> {
  const { items } = await actor.ok<{ items: SavedRegistry[] }>('GET', '/registries')
  return items.find((registry) => registry.name === name)!
}

/** Every row of every table. */
async function contentOfDatabase(): Promise<string> {
  const db = s.gateway.app.get(Database, { strict: false })
  const tables = await db.introspection.getTables()
  const rows = await Promise.all(
    tables.map(({ name }) =>
      db
        .selectFrom(name as 'users')
        .selectAll()
        .execute(),
    ),
  )
  return JSON.stringify(rows)
}
