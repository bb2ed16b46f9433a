import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SettingsStore } from '../../src/store/settings.store.js'
import { tarOf } from '../../scripts/tar.js'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { scenario, type Actor, type Scenario } from '../support/scenario.js'
import { engineImages, type Job, jobOf, pull, sent, until } from './support.js'

interface Image {
  readonly id: string
  readonly references: string[]
  readonly team: string
  readonly library: boolean
  readonly config?: { readonly env: { name: string; value: string | null }[] }
}

let s: Scenario
let ann: Actor
let bob: Actor
let vic: Actor
/** What the operator has on the engine, beside the gateway. */
let listed: string
let unlisted: string

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`
const shelf = (ref: string) => `/library/${encodeURIComponent(ref)}`

async function operatorPulls(): Promise<string> {
  const reference = await bed().uniqueImage({ config: { Env: ['A=b'] } })
  await engineCall(bed().socketPath, 'POST', `/images/create?fromImage=${encodeURIComponent(reference)}`)
  return reference
}

async function idOf(reference: string): Promise<string> {
  return (await engineImages()).find((image) => image.RepoTags?.includes(reference))!.Id
}

beforeAll(async () => {
  listed = await operatorPulls()
  unlisted = await operatorPulls()
  s = await scenario({ env: { BERTH_LIBRARY_IMAGES: `${listed}, ${bed().registryHost}/not/there:1` } })
  await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'maintainer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(async () => {
  const owner = await s.gateway.app.get(SettingsStore, { strict: false }).get('library_uid')
  const tags = (await engineImages()).flatMap((image) => image.RepoTags ?? []).filter((tag) => tag.startsWith(`berth.invalid/${owner}/`))
  await s.end()
  for (const tag of [...tags, listed, unlisted]) await engineCall(bed().socketPath, 'DELETE', `/images/${tag}`)
})

describe('the library', () => {
  it('has what the setting lists and the engine has, for every team', async () => {
    const id = await idOf(listed)
    await until(async () => (await ann.http.get(at(listed))).status === 200)
    for (const actor of [ann, bob, vic]) {
      expect(await actor.ok('GET', at(listed))).toMatchObject({ id, references: [listed], library: true, team: 'library' })
      const { items } = await actor.ok<{ items: Image[] }>('GET', `/images?reference=${encodeURIComponent(listed)}`)
      expect(items).toMatchObject([{ id, library: true, team: 'library' }])
    }
    expect((await bob.ok<Image>('GET', at(listed))).config?.env).toEqual([{ name: 'A', value: 'b' }])
    expect((await vic.ok<Image>('GET', at(listed))).config?.env).toEqual([{ name: 'A', value: null }])
  })

  it('takes what the operator has, also while a team pushes something else to the name', async () => {
    const id = await idOf(listed)
    await until(async () => (await ann.http.get(at(listed))).status === 200)
    const context = tarOf({ Dockerfile: 'FROM scratch\nCOPY r /r\n', r: randomBytes(60 << 20) })
    const built = await sent(ann, `/images/build?reference=${encodeURIComponent(listed)}`, context)
    const own = (built.result as { id: string }).id
    const { id: push } = await ann.ok<Job>('POST', '/images/push', { reference: listed })
    await until(async () => (await idOf(listed)) === own)
    expect(await s.admin.ok('PUT', shelf(listed), {})).toMatchObject({ id })
    expect(await ann.ok('GET', `/jobs/${push}`)).toMatchObject({ state: 'running' })
    expect(await bob.ok('GET', at(listed))).toMatchObject({ id })
    await jobOf(ann, push)
    expect(await idOf(listed)).toBe(id)
    await ann.ok('DELETE', at(own))
  }, 60_000)

  it('has nothing else of what the operator has', async () => {
    for (const ref of [unlisted, await idOf(unlisted)]) expect(await ann.fails('GET', at(ref))).toMatchObject({ code: 'not_found' })
  })

  it('is read-only for teams, and for administrators over the images of teams', async () => {
    await until(async () => (await ann.http.get(at(listed))).status === 200)
    for (const actor of [ann, bob, s.admin])
      expect(await actor.fails('DELETE', at(listed))).toMatchObject({ status: 403, code: 'permission_denied' })
    for (const actor of [ann, bob]) {
      expect(await actor.fails('PUT', shelf('x:1'), { image: listed })).toMatchObject({ status: 403, code: 'permission_denied' })
      expect(await actor.fails('DELETE', shelf(listed))).toMatchObject({ status: 403, code: 'permission_denied' })
    }
    expect(await ann.ok('GET', at(listed))).toMatchObject({ library: true })
  })

  it("gives its images to a team's own references, which outlive it", async () => {
    const published = `lib-${randomBytes(4).toString('hex')}`
    const id = await idOf(unlisted)
    expect(await s.admin.ok('PUT', shelf(published), { image: unlisted })).toEqual({ reference: `${published}:latest`, id })
    expect(await ann.ok('POST', '/images/tag', { source: published, target: 'own:1' })).toEqual({ reference: 'own:1', id })
    await s.admin.http.delete(shelf(published)).expect(204)
    expect(await s.admin.fails('DELETE', shelf(published))).toMatchObject({ code: 'not_found' })
    expect(await ann.fails('GET', at(published))).toMatchObject({ code: 'not_found' })
    expect(await ann.ok('GET', at('own:1'))).toMatchObject({ id, library: false })
    expect(await ann.ok('DELETE', at('own:1'))).toEqual({ untagged: ['own:1'], deleted: [id] })
    expect(await idOf(unlisted)).toBe(id)
  })

  it("is second to a team's own reference of the same name", async () => {
    const name = `second-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name })
    await s.admin.ok('PUT', shelf(reference), { image: await idOf(unlisted) })
    const own = await pull(ann, reference)
    expect(await ann.ok('GET', at(reference))).toMatchObject({ id: own.id, library: false })
    expect(await bob.ok('GET', at(reference))).toMatchObject({ id: await idOf(unlisted), library: true })
    await s.admin.http.delete(shelf(reference)).expect(204)
    expect(await ann.ok('GET', at(reference))).toMatchObject({ id: own.id, library: false })
  })

  it.each([
    ['an image that the engine does not have', 'nothing-like-it:1', {}, 404],
    ['an id that the engine does not have', 'x:1', { image: `sha256:${'0'.repeat(64)}` }, 404],
    ['a bad reference', 'UPPER', {}, 400],
    ['a digest', `x@sha256:${'0'.repeat(64)}`, {}, 400],
    ['a bad source', 'x:1', { image: '../x' }, 400],
    ['an unknown field', 'x:1', { from: 'y' }, 400],
  ])('does not take %s', async (_, ref, body, status) => {
    expect((await s.admin.fails('PUT', shelf(ref), body)).status).toBe(status)
  })
})
