import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../src/store/database.js'
import { ImageReferenceStore } from '../../src/store/image-references.store.js'
import { JobStore } from '../../src/store/jobs.store.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, as, gatewayAlone, type Items, person, withoutId } from './support/people.js'

interface Team {
  readonly id: string
  readonly name: string
}
interface Member {
  readonly id: string
  readonly username: string
  readonly role: string | null
}

let gateway: Gateway
let admin: Actor
let maintainer: Actor
let developer: Actor

beforeAll(async () => {
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
  for (const name of ['alpha', 'beta']) await admin.ok('POST', '/teams', { name })
  maintainer = await person(admin, 'mia', { teams: { alpha: 'maintainer' } })
  developer = await person(admin, 'dan', { teams: { alpha: 'developer' } })
})
afterAll(() => gateway?.stop())

const names = async (actor: Actor) => (await actor.ok<Items<Team>>('GET', '/teams')).items.map(({ name }) => name)

describe('teams', () => {
  it('are made by administrators, with a profile and a name to read', async () => {
    const { body } = await admin.http.post('/teams').send({ name: 'new-team', displayName: 'New Team' }).expect(201)
    expect(body).toEqual({
      id: expect.any(String),
      name: 'new-team',
      displayName: 'New Team',
      profile: 'baseline',
      createdAt: expect.any(String),
    })
    await maintainer.http.post('/teams').send({ name: 'mine' }).expect(403)
  })

  it('are seen by their members and by host roles only: a foreign one is a missing one', async () => {
    const auditor = await person(admin, 'audra', { hostRole: 'auditor' })
    await expect(names(developer)).resolves.toEqual(['alpha'])
    await expect(names(auditor)).resolves.toEqual(expect.arrayContaining(['alpha', 'beta', 'default']))
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/members'],
      ['PUT', '/members/dan'],
      ['DELETE', '/members/dan'],
    ] as const) {
      const body = method === 'PUT' ? { role: 'viewer' } : method === 'PATCH' ? { displayName: 'x' } : undefined
      const foreign = await developer.fails(method, `/teams/beta${path}`, body)
      const missing = await developer.fails(method, `/teams/nowhere${path}`, body)
      expect(foreign.status).toBe(404)
      expect(withoutId(foreign)).toEqual(withoutId(missing))
    }
  })

  it('show the member no other team when asked for it by name', async () => {
    await developer.http.get('/teams?team=beta').expect(404)
    await expect(names(developer)).resolves.toEqual(['alpha'])
  })

  it('change their display name by their maintainer, and never their name', async () => {
    expect(await maintainer.ok('PATCH', '/teams/alpha', { displayName: 'The first' })).toMatchObject({
      name: 'alpha',
      displayName: 'The first',
    })
    await maintainer.http.patch('/teams/alpha').send({ name: 'omega' }).expect(400)
    await maintainer.http.patch('/teams/alpha').send({ displayName: null }).expect(400)
    await developer.http.patch('/teams/alpha').send({ displayName: 'x' }).expect(403)
  })

  it.each(['library', 'Upper', '', '-a', 'a--b', 'a_b', 'a'.repeat(32), 'a.b', 'ünder', 'a\0', null, 7])(
    'are not made with the name %j',
    async (name) => {
      const { body } = await admin.http.post('/teams').send({ name }).expect(400)
      expect(body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/name' }] })
    },
  )

  it('have names that are taken once, also when several come at once', async () => {
    const tries = await Promise.all([1, 2, 3].map(() => admin.http.post('/teams').send({ name: 'contested' })))
    expect(tries.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409, 409])
  })

  it('leave their name taken when they are deleted, for the members too', async () => {
    const { id } = await admin.ok<Team>('POST', '/teams', { name: 'gone' })
    const member = await person(admin, 'gus', { teams: { gone: 'maintainer' } })
    await member.http.delete('/teams/gone').expect(403)
    await admin.http.delete('/teams/gone').expect(204)
    for (const ref of ['gone', id]) await admin.http.get(`/teams/${ref}`).expect(404)
    await expect(names(member)).resolves.toEqual([])
    expect(await admin.fails('POST', '/teams', { name: 'gone' })).toMatchObject({ status: 409, code: 'name_in_use' })
  })

  it('are not deleted while they own an object, an image reference or a running job', async () => {
    const { id } = await admin.ok<Team>('POST', '/teams', { name: 'full' })
    const at = new Date().toISOString()
    const refused = async () => expect(await admin.fails('DELETE', '/teams/full')).toMatchObject({ code: 'team_not_empty' })

    const ownership = gateway.app.get(OwnershipStore, { strict: false })
    const uid = randomUUID()
    await ownership.insert({
      uid,
      kind: 'container',
      team_id: id,
      name: 'web',
      engine_id: null,
      engine_created: null,
      witness: 'label',
      state: 'pending',
      creator_id: null,
      process_id: null,
      lease_until: null,
      created_at: at,
      holds_name: 1,
    })
    await refused()
    await ownership.end(uid)

    const references = gateway.app.get(ImageReferenceStore, { strict: false })
    const image = randomUUID()
    await references.put({
      uid: image,
      team_id: id,
      reference: 'docker.io/library/a:1',
      content_id: 'sha256:0',
      digest: null,
      creator_id: null,
      created_at: at,
    })
    await refused()
    await references.remove(image)

    const jobs = gateway.app.get(JobStore, { strict: false })
    const job = randomUUID()
    await jobs.insert({
      id: job,
      kind: 'image.pull',
      operation: 'ImageCreate',
      team_id: id,
      creator_id: 'x',
      state: 'running',
      subject: '{}',
      progress: '[]',
      result: null,
      error: null,
      request_id: 'r',
      process_id: 'p',
      created_at: at,
      ended_at: null,
    })
    await refused()
    await jobs.end(job, { state: 'succeeded', progress: '[]', result: null, error: null, ended_at: at })
    await admin.http.delete('/teams/full').expect(204)
  })
})

describe('members', () => {
  it('are listed with their roles, for everybody in the team', async () => {
    const { items } = await developer.ok<Items<Member>>('GET', '/teams/alpha/members')
    expect(items).toEqual([
      expect.objectContaining({ username: 'dan', role: 'developer' }),
      expect.objectContaining({ username: 'mia', role: 'maintainer' }),
    ])
    expect(JSON.stringify(items)).not.toMatch(/argon2/)
  })

  it('get their role from a maintainer, by id or user name, and it holds at once', async () => {
    const eve = await person(admin, 'eve')
    await eve.http.get('/teams/alpha').expect(404)
    expect(await maintainer.ok('PUT', '/teams/alpha/members/eve', { role: 'viewer' })).toMatchObject({ id: eve.userId, role: 'viewer' })
    await eve.http.get('/teams/alpha').expect(200)
    await maintainer.ok('PUT', `/teams/alpha/members/${eve.userId}`, { role: 'maintainer' })
    await eve.http.patch('/teams/alpha').send({ displayName: 'by eve' }).expect(200)
    await maintainer.http.delete('/teams/alpha/members/eve').expect(204)
    await eve.http.get('/teams/alpha').expect(404)
    await maintainer.http.delete('/teams/alpha/members/eve').expect(404)
  })

  it('are not managed by those below a maintainer', async () => {
    for (const role of ['viewer', 'developer', 'maintainer'])
      await developer.http.put('/teams/alpha/members/dan').send({ role }).expect(403)
    await developer.http.delete('/teams/alpha/members/mia').expect(403)
    await expect(developer.ok('GET', '/me')).resolves.toMatchObject({ teams: [{ name: 'alpha', role: 'developer' }] })
  })

  it('get and lose no more than their manager holds: a token of a maintainer gives only what it has', async () => {
    const viewerRole = await maintainer.ok<{ permissions: string[] }>('GET', '/roles/viewer')
    const { token } = await maintainer.ok<{ token: string }>('POST', '/me/tokens', {
      name: 't',
      permissions: [...viewerRole.permissions, 'members.manage'],
    })
    const limited = as(gateway, token)
    await person(admin, 'kim')
    await limited.ok('PUT', '/teams/alpha/members/kim', { role: 'viewer' })
    for (const role of ['developer', 'maintainer'])
      expect(await limited.fails('PUT', '/teams/alpha/members/kim', { role })).toMatchObject({ status: 403, code: 'permission_denied' })
    expect(await limited.fails('PUT', '/teams/alpha/members/mia', { role: 'viewer' })).toMatchObject({ code: 'permission_denied' })
    expect(await limited.fails('DELETE', '/teams/alpha/members/dan')).toMatchObject({ code: 'permission_denied' })
    await limited.ok('DELETE', '/teams/alpha/members/kim')
  })

  it('of one team are not managed by the maintainer of another', async () => {
    await person(admin, 'ben', { teams: { beta: 'viewer' } })
    await maintainer.http.put('/teams/beta/members/mia').send({ role: 'maintainer' }).expect(404)
    expect(await maintainer.fails('PUT', '/teams/beta/members/ben', { role: 'viewer' })).toMatchObject({ code: 'not_found' })
  })

  it.each([
    [{ role: 'admin' }, '/role'],
    [{ role: 'auditor' }, '/role'],
    [{ role: '__proto__' }, '/role'],
    [{ role: null }, '/role'],
    [{}, '/role'],
    [{ role: 'viewer', team: 'beta' }, '/team'],
  ])('are not made with %j', async (body, pointer) => {
    const problem = await maintainer.fails('PUT', '/teams/alpha/members/dan', body)
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer }] })
  })

  it.each(['nobody', '%00', '..%2f', 'x'.repeat(300)])('are users that exist, not %j', async (ref) => {
    await maintainer.http
      .put(`/teams/alpha/members/${ref}`)
      .send({ role: 'viewer' })
      .expect(({ status }) => expect([400, 404]).toContain(status))
  })

  it('with a role that there is no more hold nothing', async () => {
    const zoe = await person(admin, 'zoe', { teams: { alpha: 'maintainer' } })
    const db = gateway.app.get(Database, { strict: false })
    await db.updateTable('memberships').set({ role: 'owner' }).where('user_id', '=', zoe.userId!).execute()
    await admin.ok('PATCH', '/users/zoe', { displayName: 'z' })
    await zoe.http.get('/teams/alpha').expect(404)
    const { items } = await admin.ok<Items<Member>>('GET', '/teams/alpha/members')
    expect(items.find(({ username }) => username === 'zoe')).toMatchObject({ role: 'owner' })
    await db.updateTable('users').set({ host_role: 'owner' }).where('id', '=', zoe.userId!).execute()
    await admin.ok('PATCH', '/users/zoe', { displayName: 'zz' })
    await zoe.http.get('/users').expect(403)
    await expect(zoe.ok('GET', '/me')).resolves.toMatchObject({ hostRole: null, teams: [] })
  })
})
