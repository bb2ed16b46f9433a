/**
 * S24. The course: layers, UnionFS, and why images share them. History and layers of an image, which images share which
 * layers and what that saves. (`docker diff` of the writable layer is beside it, with the containers.)
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'
import { done, installed } from './images.js'

interface Layers {
  readonly items: {
    readonly digest: string
    readonly size: number
    readonly createdBy: string
    readonly sharers: number
    readonly sharedBy: { references: string[] }[]
  }[]
  readonly size: number
  readonly sharedSize: number
  readonly savedSize: number
}

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  await done(ann, '/images/pull', { reference: 'layered' })
})
afterAll(() => s?.end())

const layersOf = (ref: string) => ann.ok<Layers>('GET', `/images/${encodeURIComponent(ref)}/layers`)

describe('s24: layers', () => {
  it('an image is a pile of layers, each made by one step of its history', async () => {
    const { items, size } = await layersOf('layered')
    expect(items.map(({ createdBy }) => createdBy)).toEqual(['ADD busybox.tar / # from the machine', 'COPY version /app/version'])
    expect(items.reduce((sum, layer) => sum + layer.size, 0)).toBe(size)
    const history = await ann.ok<{ items: { createdBy: string; size: number }[] }>('GET', '/images/layered/history')
    expect(history.items.map(({ createdBy }) => createdBy).reverse()).toEqual(items.map(({ createdBy }) => createdBy))
  })

  it('a commit puts one layer on top, and shares all those below', async () => {
    await installed(ann, 'layered', 'editor')
    await done(ann, '/containers/editor/commit', { reference: 'with-vim:1' })
    const [below, above] = [await layersOf('layered'), await layersOf('with-vim:1')]
    expect(above.items.slice(0, -1).map(({ digest }) => digest)).toEqual(below.items.map(({ digest }) => digest))
    expect(above.items.at(-1)).toMatchObject({ sharers: 0, sharedBy: [] })
    expect(above.items.at(-1)!.size).toBeGreaterThan(0)
    expect(above.items.at(-1)!.size).toBeLessThan(1_000)
    expect(above.items[1]!.sharedBy.flatMap(({ references }) => references)).toEqual(['layered:latest'])
  })

  it('what is shared is on the disk once: that is what it saves', async () => {
    const { size, sharedSize, savedSize, items } = await layersOf('with-vim:1')
    expect(sharedSize).toBe(size - items.at(-1)!.size)
    // the base is shared with layered and with the busybox that it is made of
    expect(savedSize).toBeGreaterThanOrEqual(sharedSize)
  })

  it('the writable layer of a container is what a diff shows', async () => {
    const { items } = await ann.ok<{ items: { path: string; kind: string }[] }>('GET', '/containers/editor/changes')
    expect(items).toContainEqual({ path: '/usr/bin/vim', kind: 'added' })
  })
})
