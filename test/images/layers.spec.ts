import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { scenario, type Actor, type Scenario } from '../support/scenario.js'
import { pull } from './support.js'

interface Layer {
  readonly digest: string
  readonly size: number
  readonly createdBy: string
  readonly sharers: number
  readonly sharedBy: readonly { readonly id: string; readonly references: string[]; readonly team: string }[]
}
interface Layers {
  readonly items: readonly Layer[]
  readonly size: number
  readonly sharedSize: number
  readonly savedSize: number
}

let s: Scenario
let ann: Actor
let bob: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
})
afterAll(() => s.end())

const layersOf = (actor: Actor, ref: string) => actor.ok<Layers>('GET', `/images/${encodeURIComponent(ref)}/layers`)

describe('the layers of an image', () => {
  it('are told with sizes, lowest first, and add up to the image', async () => {
    const { reference } = await pull(ann, await bed().uniqueImage({ files: [{ a: randomBytes(5_000) }, { b: randomBytes(70_000) }] }))
    const image = await ann.ok<{ size: number; layers: string[] }>('GET', `/images/${encodeURIComponent(reference)}`)
    const { items, size } = await layersOf(ann, reference)
    expect(items.map((layer) => layer.digest)).toEqual(image.layers)
    expect(items.map((layer) => layer.size)).toEqual([5_000, 70_000])
    expect(size).toBe(image.size)
  })

  it('tell which images of the team share them, and what that saves', async () => {
    const base = randomBytes(50_000)
    const one = await pull(ann, await bed().uniqueImage({ files: [{ base }, { one: randomBytes(8) }] }))
    const two = await pull(ann, await bed().uniqueImage({ files: [{ base }, { two: randomBytes(8) }] }))
    const three = await pull(ann, await bed().uniqueImage({ files: [{ base }, { three: randomBytes(8) }] }))
    const layers = await layersOf(ann, one.reference)
    expect(layers.items[0]).toMatchObject({ size: 50_000, sharers: 2 })
    expect(layers.items[0]!.sharedBy.map(({ id }) => id).sort()).toEqual([two.id, three.id].sort())
    expect(layers.items[0]!.sharedBy.flatMap(({ references }) => references).sort()).toEqual([two.reference, three.reference].sort())
    expect(layers.items[1]).toMatchObject({ sharers: 0, sharedBy: [] })
    expect(layers).toMatchObject({ sharedSize: 50_000, savedSize: 100_000 })
  })

  it('do not count a layer as shared that lies on others', async () => {
    const same = randomBytes(1_000)
    const one = await pull(ann, await bed().uniqueImage({ files: [{ x: randomBytes(8) }, { same }] }))
    await pull(ann, await bed().uniqueImage({ files: [{ y: randomBytes(8) }, { same }] }))
    expect((await layersOf(ann, one.reference)).items.map(({ sharers }) => sharers)).toEqual([0, 0])
  })

  it('never tell of images of another team', async () => {
    const base = randomBytes(1_000)
    const mine = await pull(ann, await bed().uniqueImage({ files: [{ base }] }))
    const theirs = await pull(bob, await bed().uniqueImage({ files: [{ base }, { more: randomBytes(8) }] }))
    expect((await layersOf(ann, mine.reference)).items).toMatchObject([{ sharers: 0, sharedBy: [] }])
    const foreign = await ann.fails('GET', `/images/${encodeURIComponent(theirs.id)}/layers`)
    const missing = await ann.fails('GET', `/images/sha256:${'0'.repeat(64)}/layers`)
    expect({ ...foreign, requestId: '' }).toEqual({ ...missing, requestId: '' })
    expect(foreign).toMatchObject({ status: 404, code: 'not_found' })
  })

  it('count the library, as what every team may use', async () => {
    await s.seedImage('library', 'shared-base:1')
    const { items } = await layersOf(ann, 'layered-of-nobody').catch(() => ({ items: [] }))
    expect(items).toEqual([])
    const { reference } = await pull(ann, 'layered')
    const layers = await layersOf(ann, reference)
    expect(layers.items[0]!.sharedBy.map(({ team }) => team)).toEqual([expect.stringMatching(/^alpha-/)])
  })
})
