/** The engine pulls and pushes with what a team saved, and with nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mkdirSync, writeFileSync, rmSync } from 'node:fs'
import { engineCall } from '../support/engine-http.js'
import { tarOf } from '../../scripts/tar.js'
import { sent } from '../images/support.js'
import { bed } from '../support/bed.js'
import type { Actor, Problem, Scenario } from '../support/scenario.js'
import { FAR, PORTS, RegistryWorld, type SavedRegistry, USERS } from './support/world.js'

interface Job {
  readonly state: string
  readonly error: Problem | null
  readonly result: { readonly digest: string } | null
}

let world: RegistryWorld
let s: Scenario
let ann: Actor
let eve: Actor
const login = { username: 'ann', password: USERS.ann }
/** Where the engine looks for authorities, also one in a namespace of its own. */
const CERTS = `/etc/docker/certs.d/${FAR}:${PORTS.farTls}`
/** What was made for it. */
let made: string | undefined

beforeAll(async () => {
  world = new RegistryWorld()
  const { tokens } = await world.token()
  await Promise.all([world.basic(), world.far()])
  s = await world.gateway()
  await Promise.all([s.team('alpha'), s.team('bravo')])
  ann = await s.user('ann', { alpha: 'maintainer' })
  eve = await s.user('eve', { bravo: 'maintainer' })
  const save = (name: string, url: string, more: object = {}) =>
    ann.ok<SavedRegistry>('POST', '/registries', { name, url, ...login, ...more })
  await save('basic', `http://127.0.0.1:${PORTS.basic}`)
  await save('far', `http://${FAR}:${PORTS.far}`)
  await save('far-tls', `https://${FAR}:${PORTS.farTls}`, { caCertificate: world.certificate.pem })
  await save('token', `http://127.0.0.1:${PORTS.token}`, { tokenHost: tokens.host })
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  if (made) rmSync(made, { recursive: true })
})

async function transfer(who: Actor, kind: 'push' | 'pull', reference: string): Promise<Job> {
  const { body } = await who.http.post(`/images/${kind}`).set('prefer', 'wait=60').send({ reference })
  return body as Job
}

/** Gives the team's image a name in that registry. */
async function named(registry: string): Promise<string> {
  const target = `${registry}/ann/app:1`
  await ann.ok('POST', '/images/tag', { source: 'berth.test/busybox:1', target })
  return target
}

async function check(name: string): Promise<string[]> {
  const { items } = await ann.ok<{ items: SavedRegistry[] }>('GET', '/registries')
  const { id } = items.find((registry) => registry.name === name)!
  return (await ann.ok<{ warnings: string[] }>('POST', `/registries/${id}/check`)).warnings
}

describe.each(['basic', 'token'] as const)('with %s', (kind) => {
  it("pushes and pulls with the team's credential; another team has none of it", async () => {
    const reference = await named(`127.0.0.1:${PORTS[kind]}`)
    const pushed = await transfer(ann, 'push', reference)
    expect(pushed).toMatchObject({ state: 'succeeded', error: null })
    await ann.ok('DELETE', `/images/${encodeURIComponent(reference)}`)
    expect(await transfer(ann, 'pull', reference)).toMatchObject({ state: 'succeeded', result: { digest: pushed.result!.digest } })

    const foreign = await transfer(eve, 'pull', reference)
    expect([foreign.state, foreign.error?.code]).toEqual(['failed', 'pull_failed'])
    // its own, wrong one is no way in either, and is not even saved
    const more = kind === 'token' ? { tokenHost: `127.0.0.1:${PORTS.tokens}` } : {}
    const url = `http://127.0.0.1:${PORTS[kind]}`
    expect((await eve.fails('POST', '/registries', { name: 'x', url, ...login, password: 'guess', ...more })).code).toBe(
      'registry_login_failed',
    )
  })
})

it('asks the registry for a digest, too, whatever the engine has of another team', async () => {
  const reference = `127.0.0.1:${PORTS.basic}/ann/secret:1`
  const context = tarOf({ Dockerfile: 'FROM berth.test/busybox:1\nCOPY s /s\n', s: 'secret' })
  await sent(ann, `/images/build?reference=${encodeURIComponent(reference)}`, context)
  const { result } = await transfer(ann, 'push', reference)
  await ann.ok('DELETE', `/images/${encodeURIComponent(reference)}`)
  // by pulling it, the engine has the manifest
  expect(await transfer(ann, 'pull', reference)).toMatchObject({ state: 'succeeded' })
  const pinned = reference.replace(/:1$/, `@${result!.digest}`)
  expect(await transfer(eve, 'pull', pinned)).toMatchObject({ state: 'failed', error: { code: 'pull_failed' } })
  expect(await eve.fails('POST', '/containers', { image: pinned })).toMatchObject({ code: 'pull_failed' })
  expect(await transfer(ann, 'pull', pinned)).toMatchObject({ state: 'succeeded', result: { digest: result!.digest } })
})

it('says what the engine needs for a self-signed registry, and works with it', async () => {
  const reference = await named(`${FAR}:${PORTS.farTls}`)
  const before = await transfer(ann, 'push', reference)
  expect(before).toMatchObject({
    state: 'failed',
    error: { code: 'push_failed', detail: expect.stringContaining('not trusted by the docker host') as string },
  })
  expect(await check('far-tls')).toEqual([expect.stringContaining(`${CERTS}/ca.crt`)])
  // the engine reads it at each use
  made = mkdirSync(CERTS, { recursive: true })
  writeFileSync(`${CERTS}/ca.crt`, world.certificate.pem)
  expect(await transfer(ann, 'push', reference)).toMatchObject({ state: 'succeeded' })
})

it('says what the engine needs for plain http', async () => {
  const refused = await transfer(ann, 'push', await named(`${FAR}:${PORTS.far}`))
  expect(refused).toMatchObject({ state: 'failed', error: { detail: expect.stringContaining('insecure-registries') as string } })
  expect(await check('far')).toEqual([
    expect.stringContaining(`"${FAR}:${PORTS.far}" to "insecure-registries"`),
    expect.stringContaining('in the clear'),
  ])
})

it('leaves no credential and no name of it on the engine', async () => {
  const { body } = await engineCall(bed().socketPath, 'GET', '/images/json')
  expect(body).not.toContain('ann/app')
})
