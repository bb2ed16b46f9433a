import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarOf } from '../../scripts/tar.js'
import { RegistryCatalog } from '../../src/common/registry-catalog.js'
import { RegistryStore } from '../../src/store/registries.store.js'
import type { Actor, Scenario } from '../support/scenario.js'
import { layerOf, pushImage } from '../support/images.js'
import type { Registry } from '../support/registry.js'
import { PORTS, RegistryWorld, type SavedRegistry, USERS } from './support/world.js'

interface Page {
  readonly items: { readonly name: string; readonly reference: string }[]
  readonly nextCursor: string | null
}
interface Described {
  readonly digest: string
  readonly kind: string
  readonly reference: string
  readonly size: number
  readonly totalSize: number
  readonly config: { readonly size: number } | null
  readonly layers: { readonly digest: string; readonly size: number }[]
  readonly manifests: { readonly digest: string; readonly platform: string | null }[]
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const NAMES = Array.from({ length: 7 }, (_, n) => `ann/app-${n}`)

let world: RegistryWorld
let seed: Registry
let s: Scenario
let maintainer: Actor
/** The same content behind each way to log in. */
let registries: Record<'basic' | 'tls' | 'token', SavedRegistry>

beforeAll(async () => {
  world = new RegistryWorld()
  seed = await world.seed()
  const { tokens } = await world.token()
  await Promise.all([world.basic(), world.tls()])
  for (const repository of NAMES) await push(repository, ['1'])
  await push('ann/many', ['b', 'a', '10', '9'])
  s = await world.gateway()
  await s.team('alpha')
  maintainer = await s.user('maintainer', { alpha: 'maintainer' })
  const login = { username: 'ann', password: USERS.ann }
  const save = (name: string, url: string, more: object = {}) =>
    maintainer.ok<SavedRegistry>('POST', '/registries', { name, url, ...login, ...more })
  registries = {
    basic: await save('basic', `http://127.0.0.1:${PORTS.basic}`),
    tls: await save('tls', `https://127.0.0.1:${PORTS.tls}`, { caCertificate: world.certificate.pem }),
    token: await save('token', `http://127.0.0.1:${PORTS.token}`, { tokenHost: tokens.host }),
  }
})
afterAll(() => world?.[Symbol.asyncDispose]())

/** An image of its own with one layer; answers its digest. */
function push(repository: string, tags: string[]): Promise<string> {
  const layers = [layerOf(tarOf({ unique: randomBytes(16) }), 'ADD unique /')]
  return pushImage(seed, { repository, tags, layers, config: {} })
}

const of = (kind: keyof typeof registries, path: string) => `/registries/${registries[kind].id}/repositories${path}`
const at = (name: string, path: string) => `/${encodeURIComponent(name)}${path}`

describe.each(['basic', 'tls', 'token'] as const)('with %s', (kind) => {
  it('lists repositories page by page, each once', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Page = await maintainer.ok('GET', of(kind, `?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`))
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual([...new Set(seen)])
    expect(seen).toEqual(expect.arrayContaining([...NAMES, 'ann/many']))
  })

  it('lists tags, sorted and page by page, with the reference to pull', async () => {
    const first = await maintainer.ok<Page>('GET', of(kind, at('ann/many', '/tags?limit=3')))
    expect(first.items.map(({ name }) => name)).toEqual(['10', '9', 'a'])
    expect(first.items[0]!.reference).toBe(`${registries[kind].address}/ann/many:10`)
    const second = await maintainer.ok<Page>('GET', of(kind, at('ann/many', `/tags?limit=3&cursor=${first.nextCursor}`)))
    expect([second.items.map(({ name }) => name), second.nextCursor]).toEqual([['b'], null])
  })

  it('describes an image by tag and by digest', async () => {
    const digest = await push('ann/described', ['1'])
    const byTag = await maintainer.ok<Described>('GET', of(kind, at('ann/described', '/manifests/1')))
    expect(byTag).toMatchObject({ digest, kind: 'image', manifests: [], reference: `${registries[kind].address}/ann/described@${digest}` })
    expect(byTag.totalSize).toBe(byTag.size + byTag.config!.size + byTag.layers[0]!.size)
    expect(await maintainer.ok('GET', of(kind, at('ann/described', `/manifests/${digest}`)))).toEqual(byTag)
  })

  it('describes an index with the platforms of its images', async () => {
    const digest = await push('ann/index', ['amd'])
    const { size } = await maintainer.ok<Described>('GET', of(kind, at('ann/index', `/manifests/${digest}`)))
    const image = { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', digest, size }
    const index = {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        { ...image, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        { ...image, platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    }
    const put = await seed.call('PUT', '/v2/ann/index/manifests/all', Buffer.from(JSON.stringify(index)), { 'content-type': INDEX })
    expect(put.status).toBe(201)
    const described = await maintainer.ok<Described>('GET', of(kind, at('ann/index', '/manifests/all')))
    expect(described).toMatchObject({ kind: 'index', layers: [], config: null })
    expect(described.manifests.map(({ platform }) => platform)).toEqual(['linux/arm64/v8', null])
  })

  it('deletes a manifest by its tag, and says which tags went with it', async () => {
    const digest = await push('ann/deleted', ['1', 'latest', 'stable'])
    await push('ann/deleted', ['2'])
    expect((await maintainer.http.delete(of(kind, at('ann/deleted', '/manifests/latest?dryRun=true')))).status).toBe(204)
    const deletion = await maintainer.ok('DELETE', of(kind, at('ann/deleted', '/manifests/latest')))
    expect(deletion).toEqual({ digest, tags: ['1', 'latest', 'stable'], complete: true })
    const { items } = await maintainer.ok<Page>('GET', of(kind, at('ann/deleted', '/tags')))
    expect(items.map(({ name }) => name)).toEqual(['2'])
    expect((await maintainer.fails('DELETE', of(kind, at('ann/deleted', '/manifests/latest')))).code).toBe('not_found')
    expect(await maintainer.ok('DELETE', of(kind, at('ann/deleted', '/manifests/2')))).toMatchObject({ tags: ['2'] })
    // the registry answers null for a repository without tags
    expect(await maintainer.ok('GET', of(kind, at('ann/deleted', '/tags')))).toEqual({ items: [], nextCursor: null })
  })

  it.each([
    '/nothing/tags',
    at('ann/nothing', '/manifests/1'),
    at('ann/many', '/manifests/77'),
    at('ann/many', `/manifests/sha256:${'0'.repeat(64)}`),
  ])('answers not_found for %s', async (path) => {
    expect((await maintainer.fails('GET', of(kind, path))).code).toBe(
      kind === 'token' && path.startsWith('/nothing') ? 'registry_denied' : 'not_found',
    )
  })
})

it.each([
  ['Ann/app', '1'],
  ['ann//app', '1'],
  ['../v2/_catalog', '1'],
  ['ann/app?x=1', '1'],
  ['ann/app:1', '1'],
  ['ann%2Fapp', '1'],
  ['ann/app', '../tags'],
  ['ann/app', '1/2'],
  ['ann/app', 'sha256:1'],
  ['ann/app', 'x'.repeat(129)],
])('asks the registry nothing for %s and %s', async (name, reference) => {
  const problem = await maintainer.fails('GET', of('basic', at(name, `/manifests/${encodeURIComponent(reference)}`)))
  expect(problem.code).toBe('invalid_reference')
})

it('shows a user with a token of the registry no more than the token allows', async () => {
  const id = registries.token.id
  await maintainer.ok('PATCH', `/registries/${id}`, { username: 'bob', password: USERS.bob })
  const denied = await maintainer.fails('GET', of('token', at('ann/many', '/tags')))
  expect([denied.code, denied.detail]).toEqual(['registry_denied', expect.stringContaining('bob')])
})

it('finds repositories in all registries of the team, whatever became of one of them', async () => {
  const catalog = s.gateway.app.get(RegistryCatalog, { strict: false })
  const team = s.teams.get('alpha')!.id
  await s.gateway.app
    .get(RegistryStore, { strict: false })
    .update((await s.gateway.app.get(RegistryStore, { strict: false }).find(registries.token.id))!, { password: 'v1.none.none' })
  const { found, failed } = await catalog.search(team, 'APP-3', 10)
  expect(found).toEqual(
    [registries.basic, registries.tls].map(({ name, address }) => ({
      registry: name,
      address,
      repository: 'ann/app-3',
      reference: `${address}/ann/app-3`,
    })),
  )
  expect(failed.map(({ registry, error }) => [registry, error.code])).toEqual([['token', 'SECRETS_KEY_MISSING']])
  expect((await catalog.search(team, 'app', 3)).found).toHaveLength(3)
  const answer = await maintainer.ok<{ items: { name: string }[]; failed: { registry: string; code: string }[] }>(
    'GET',
    '/image-search?term=app-3',
  )
  expect(answer.items.map(({ name }) => name)).toEqual(found.map(({ reference }) => reference))
  // there is no hub here
  expect(answer.failed.map(({ registry, code }) => [registry, code])).toEqual([
    ['token', 'secrets_key_missing'],
    ['docker.io', 'search_failed'],
  ])
  expect(await catalog.search('another', 'app', 3)).toEqual({ searched: 0, found: [], failed: [] })
})

it('lets developers look, and only maintainers delete; the audit log says what was deleted', async () => {
  const developer = await s.user('developer', { alpha: 'developer' })
  await developer.ok('GET', of('basic', at('ann/many', '/tags')))
  expect((await developer.fails('DELETE', of('basic', at('ann/many', '/manifests/a')))).code).toBe('permission_denied')
  await push('ann/audited', ['1'])
  await maintainer.ok('DELETE', of('basic', at('ann/audited', '/manifests/1')))
  const audit = await s.admin.ok<{ items: { target: string; phase: string }[] }>('GET', '/audit?operation=ManifestDelete&limit=2')
  expect(audit.items.map(({ target }) => target)).toEqual(Array(2).fill(`basic (127.0.0.1:${PORTS.basic}) ann/audited 1`))
})
