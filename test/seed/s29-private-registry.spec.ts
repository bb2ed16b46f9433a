/**
 * S29. The course: `docker run -d -p 5000:5000 registry`, then `/v2/_catalog`. Catalog, tags, manifests, delete of a private
 * registry, with paging. Port 5000 is the bed's own registry, so the course's runs on another one.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarOf } from '../../scripts/tar.js'
import { bed, type Forward } from '../support/bed.js'
import { layerOf, pushImage } from '../support/images.js'
import { registryImage } from '../support/images-registry.js'
import { registryAt } from '../support/registry.js'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'
import { eventually } from './support.js'

const PORT = 5029
const ADDRESS = `127.0.0.1:${PORT}`

let s: Scenario
let ann: Actor
let forward: Forward
let id: string

beforeAll(async () => {
  await registryImage(bed().registry)
  // the engine's network is not the gateway's here: an administrator says where the gateway finds what the engine publishes
  forward = await bed().forward(PORT)
  s = await scenario({ env: { BERTH_REGISTRY_ROUTES: `${ADDRESS}=127.0.0.1:${forward.port}` } })
  await s.team('course')
  ann = await s.user('ann', { course: 'maintainer' })
})
afterAll(async () => {
  await s?.end()
  await forward?.close()
})

interface Page {
  readonly items: { readonly name: string; readonly reference: string }[]
  readonly nextCursor: string | null
}

describe('s29: a private registry', () => {
  it('runs as a container, from an image that the engine does not have yet', async () => {
    const spec = { name: 'registry', image: 'registry:2', pull: 'missing', ports: [{ container: 5000, host: PORT }] }
    const made = await ann.ok<{ ports: { host: number }[] }>('POST', '/containers?start=true', spec)
    expect(made.ports.map(({ host }) => host)).toContain(PORT)
  })

  it('is saved for the team once it answers, and is empty', async () => {
    const saved = await eventually(() =>
      ann.ok<{ id: string; address: string; login: string }>('POST', '/registries', { name: 'private', url: `http://${ADDRESS}` }),
    )
    expect(saved).toMatchObject({ address: ADDRESS, login: 'none' })
    ;({ id } = saved)
    expect(await ann.ok('POST', `/registries/${id}/check`)).toEqual({ login: 'none', warnings: [] })
    expect(await ann.ok('GET', `/registries/${id}/repositories`)).toEqual({ items: [], nextCursor: null })
  })

  it('shows its catalog page by page, and the tags of a repository', async () => {
    for (const repository of ['myubuntu', 'course/vim', 'course/net-tools']) await push(repository, ['5.2.1', 'latest'])
    const first = await ann.ok<Page>('GET', `/registries/${id}/repositories?limit=2`)
    const second = await ann.ok<Page>('GET', `/registries/${id}/repositories?limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['course/net-tools', 'course/vim', 'myubuntu'])
    expect([first.items.length, second.nextCursor]).toEqual([2, null])
    const tags = await ann.ok<Page>('GET', `/registries/${id}/repositories/course%2Fvim/tags`)
    expect(tags.items).toEqual([
      { name: '5.2.1', reference: `${ADDRESS}/course/vim:5.2.1` },
      { name: 'latest', reference: `${ADDRESS}/course/vim:latest` },
    ])
  })

  it('shows what a tag stands for, and deletes it with the tags that stand for the same', async () => {
    const manifest = await ann.ok<{ digest: string; kind: string; layers: unknown[] }>(
      'GET',
      `/registries/${id}/repositories/myubuntu/manifests/5.2.1`,
    )
    expect(manifest).toMatchObject({ kind: 'image', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string })
    expect(manifest.layers).toHaveLength(1)
    const deletion = await ann.ok('DELETE', `/registries/${id}/repositories/myubuntu/manifests/5.2.1`)
    expect(deletion).toEqual({ digest: manifest.digest, tags: ['5.2.1', 'latest'], complete: true })
    expect((await ann.fails('GET', `/registries/${id}/repositories/myubuntu/manifests/latest`)).code).toBe('not_found')
    expect((await ann.ok<Page>('GET', `/registries/${id}/repositories/myubuntu/tags`)).items).toEqual([])
  })

  it('says so when it is stopped, and is back after a start with what it held', async () => {
    await ann.ok('POST', '/containers/registry/stop?timeout=1')
    const gone = await ann.fails('GET', `/registries/${id}/repositories`)
    expect([gone.status, gone.code]).toEqual([502, 'registry_unreachable'])
    await ann.ok('POST', '/containers/registry/start')
    const page = await eventually(() => ann.ok<Page>('GET', `/registries/${id}/repositories/course%2Fvim/tags`))
    expect(page.items.map(({ name }) => name)).toEqual(['5.2.1', 'latest'])
  })
})

async function push(repository: string, tags: string[]): Promise<void> {
  const layers = [layerOf(tarOf({ unique: randomBytes(16) }), 'ADD unique /')]
  await pushImage(registryAt(bed().engine, PORT), { repository, tags, layers, config: {} })
}
