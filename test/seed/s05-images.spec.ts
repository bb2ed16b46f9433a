/**
 * S05. The course: `docker images`, and dangling images (`<none>:<none>`). The list with its filters, digests, pages and order,
 * and what becomes of an image whose name is given to a newer one.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'
import { done, type Listed } from './images.js'

let s: Scenario
let ann: Actor
let mine: string

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'maintainer' })
  mine = await bed().uniqueImage({ files: [{ a: randomBytes(2_000) }], config: { Labels: { lesson: 'images' } } })
  for (const reference of ['busybox', 'layered', mine]) await done(ann, '/images/pull', { reference })
})
afterAll(() => s?.end())

const list = async (query = '') => (await ann.ok<{ items: Listed[]; nextCursor: string | null }>('GET', `/images${query}`)).items

describe('s05: docker images', () => {
  it('shows name, id, time and size of what the team has', async () => {
    const images = await list()
    expect(images.flatMap(({ references }) => references)).toEqual(expect.arrayContaining(['busybox:latest', 'layered:latest', mine]))
    const image = images.find(({ references }) => references.includes(mine))!
    expect(image).toMatchObject({ id: expect.stringMatching(/^sha256:/) as string, size: 2_000, createdAt: expect.any(String) as string })
  })

  it('shows digests (--digests)', async () => {
    const [image] = await list(`?reference=${encodeURIComponent(mine)}`)
    expect(image!.digests).toEqual([expect.stringMatching(new RegExp(`^${mine.replace(/:1$/, '')}@sha256:[0-9a-f]{64}$`))])
  })

  it.each([
    ['reference=busybox', ['busybox:latest']],
    ['reference=busy*:l*', ['busybox:latest']],
    ['reference=*', ['busybox:latest', 'layered:latest']],
    ['label=lesson', ['mine']],
    ['label=lesson=images', ['mine']],
    ['label=lesson=other', []],
    ['dangling=true', []],
  ])('is filtered by %s', async (filter, expected) => {
    const found = (await list(`?${filter}`)).flatMap(({ references }) => references.filter((name) => !name.startsWith('berth.test/')))
    expect(found.map((name) => (name === mine ? 'mine' : name)).sort()).toEqual(expected)
  })

  it('is filtered by what is older and newer than an image', async () => {
    const built = await newer('built:1')
    expect((await list('?since=busybox')).map(({ id }) => id)).toContain(built)
    expect((await list('?before=built:1')).map(({ id }) => id)).not.toContain(built)
    expect(await ann.fails('GET', '/images?before=nothing:1')).toMatchObject({ status: 400, errors: [{ pointer: '/query/before' }] })
  })

  it('comes page by page, in the order that is asked for', async () => {
    const all = await list('?sort=size')
    const sizes = all.map(({ size }) => size)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    const first = await ann.ok<{ items: Listed[]; nextCursor: string }>('GET', '/images?sort=size&limit=2')
    const rest = await ann.ok<{ items: Listed[] }>('GET', `/images?sort=size&limit=100&cursor=${first.nextCursor}`)
    expect([...first.items, ...rest.items]).toEqual(all)
  })

  it('shows as dangling what a newer image has taken the name of, while a container needs it', async () => {
    const old = await newer('app:latest')
    const { id } = await ann.ok<{ id: string }>('POST', '/containers', { name: 'old', image: 'app:latest', command: ['true'] })
    const now = await newer('app:latest')
    expect(now).not.toBe(old)
    expect(await list('?dangling=true')).toMatchObject([{ id: old, references: [] }])
    expect((await list('?reference=app')).map((image) => image.id)).toEqual([now])
    await ann.ok('DELETE', `/containers/${id}`)
    expect(await ann.ok('POST', '/images/prune', {})).toMatchObject({ items: [{ id: old }] })
    expect(await list('?dangling=true')).toEqual([])
  })
})

/** A new image of that name; answers its id. */
async function newer(reference: string): Promise<string> {
  const container = await ann.ok<{ id: string }>('POST', '/containers?start=true', {
    image: 'busybox',
    command: ['sh', '-c', 'cat /proc/sys/kernel/random/uuid > /new'],
  })
  await ann.ok('POST', `/containers/${container.id}/wait`)
  const { result } = await done(ann, `/containers/${container.id}/commit`, { reference })
  await ann.ok('DELETE', `/containers/${container.id}`)
  return result['id'] as string
}
