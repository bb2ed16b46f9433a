/**
 * S26. The course: `docker login`, whose password then lies unencrypted in config.json. Registry credentials per team, verified
 * at save, encrypted at rest, never shown again.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed, type Forward } from '../support/bed.js'
import type { Registry } from '../support/registry.js'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'

const PORT = 5026
const LOGIN = { username: 'ann', password: 'in the clear no more' }

let registry: Registry
let forward: Forward
let s: Scenario
let ann: Actor
let id: string

beforeAll(async () => {
  registry = await bed().startRegistry({ port: PORT, users: { [LOGIN.username]: LOGIN.password } })
  forward = await bed().forward(PORT)
  s = await scenario({ env: { BERTH_REGISTRY_ROUTES: `${registry.host}=127.0.0.1:${forward.port}` } })
  await s.team('course')
  ann = await s.user('ann', { course: 'maintainer' })
})
afterAll(async () => {
  await s?.end()
  await forward?.close()
  await registry?.stop()
})

const body = () => ({ name: 'company', url: `http://${registry.host}`, ...LOGIN })

describe('s26: login to a registry', () => {
  it('a wrong password is told at once, and nothing is kept', async () => {
    const problem = await ann.fails('POST', '/registries', { ...body(), password: 'wrong' })
    expect([problem.status, problem.code]).toEqual([422, 'registry_login_failed'])
    expect(await ann.ok('GET', '/registries')).toEqual({ items: [], nextCursor: null })
  })

  it('the right one is tried, kept for the team, and not in the answer', async () => {
    const answer = await ann.http.post('/registries').send(body()).expect(201)
    expect(answer.body).toMatchObject({ username: 'ann', login: 'verified', address: registry.host })
    expect(answer.text).not.toContain(LOGIN.password)
    ;({ id } = answer.body as { id: string })
  })

  it('is never shown again, to nobody', async () => {
    const viewer = await s.user('viewer', { course: 'viewer' })
    for (const who of [ann, viewer, s.admin])
      for (const path of ['/registries', `/registries/${id}`])
        expect((await who.http.get(path).expect(200)).text).not.toContain(LOGIN.password)
    expect((await s.admin.http.get('/audit?limit=1000').expect(200)).text).not.toContain(LOGIN.password)
  })

  it('lies in no file of the gateway, but encrypted; its key is for the owner alone', () => {
    const { dataDir } = s.gateway
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const paths = files.map((entry) => join(entry.parentPath, entry.name))
    expect(paths.length).toBeGreaterThan(1)
    const forms = [LOGIN.password, Buffer.from(LOGIN.password).toString('base64'), Buffer.from(`ann:${LOGIN.password}`).toString('base64')]
    for (const path of paths) for (const form of forms) expect(readFileSync(path).includes(form), path).toBe(false)
    expect(statSync(join(dataDir, 'secrets.key')).mode & 0o777).toBe(0o600)
  })

  it('is of the team: another one has its own, or none', async () => {
    await s.team('other')
    const eve = await s.user('eve', { other: 'maintainer' })
    expect(await eve.ok('GET', '/registries')).toEqual({ items: [], nextCursor: null })
    expect((await eve.fails('GET', `/registries/${id}/repositories`)).code).toBe('not_found')
    await eve.ok('POST', '/registries', { name: 'company', url: `http://${registry.host}` })
    const [own] = (await eve.ok<{ items: { id: string }[] }>('GET', '/registries')).items
    const denied = await eve.fails('GET', `/registries/${own!.id}/repositories`)
    expect([denied.code, denied.detail]).toEqual(['registry_denied', expect.stringContaining('without a login')])
    expect(await ann.ok('GET', `/registries/${id}/repositories`)).toEqual({ items: [], nextCursor: null })
  })

  it('is forgotten on request (docker logout)', async () => {
    expect(await ann.ok('PATCH', `/registries/${id}`, { username: null })).toMatchObject({ username: null, login: 'none' })
    expect((await ann.fails('GET', `/registries/${id}/repositories`)).code).toBe('registry_denied')
  })
})
