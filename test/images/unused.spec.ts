/** What has no name any more, and what nobody uses. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { runContainer, scenario, withImage, withCmd, withoutStart, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineImages, pull } from './support.js'

interface Listed {
  readonly items: readonly { readonly id: string; readonly references: string[]; readonly team: string }[]
}
interface Pruned {
  readonly items: readonly { readonly id: string; readonly untagged: string[]; readonly team: string }[]
  readonly spaceReclaimed: number
}

let s: Scenario
let alpha: Team
let ann: Actor
let bob: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'maintainer' })
  bob = await s.user('bob', { beta: 'maintainer' })
})
afterAll(() => s.end())

const dangling = async (actor: Actor) => (await actor.ok<Listed>('GET', '/images?dangling=true')).items
const onEngine = async (id: string) => (await engineImages()).some((image) => image.Id === id)

/** A container of an image whose reference then moves to newer content. */
async function outdated(actor: Actor) {
  const name = `moved-${randomBytes(4).toString('hex')}`
  const reference = await bed().uniqueImage({ name, files: [{ r: randomBytes(3_000) }], config: { Labels: { kind: name } } })
  const old = await pull(actor, reference)
  const container = await runContainer(actor, withImage(reference), withCmd('/r'), withoutStart())
  await bed().uniqueImage({ name })
  const now = await pull(actor, reference)
  return { reference, old, now, container }
}

describe('an image without a name', () => {
  it('is listed as dangling while a container of the team uses it, and can be inspected and named again', async () => {
    const { old, now, container } = await outdated(ann)
    expect(await dangling(ann)).toMatchObject([{ id: old.id, references: [], team: alpha.name }])
    expect((await ann.ok<Listed>('GET', '/images?dangling=false')).items.map(({ id }) => id)).not.toContain(old.id)
    expect((await ann.ok<Listed>('GET', '/images')).items.map(({ id }) => id)).toEqual(expect.arrayContaining([old.id, now.id]))
    expect(await ann.ok('GET', `/images/${old.id}`)).toMatchObject({ id: old.id, references: [], digests: [] })
    await ann.ok('POST', '/images/tag', { source: old.id, target: 'rescued:1' })
    expect(await dangling(ann)).toEqual([])
    expect(await ann.ok('GET', '/images/rescued:1')).toMatchObject({ id: old.id, references: ['rescued:1'] })
    await ann.ok('DELETE', `/containers/${container.id}`)
  })

  it('is not kept when nothing uses it', async () => {
    const name = `gone-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name })
    const old = await pull(ann, reference)
    await bed().uniqueImage({ name })
    await pull(ann, reference)
    expect(await dangling(ann)).toEqual([])
    expect(await onEngine(old.id)).toBe(false)
  })

  it('can not be named by anybody, and is not seen by another team', async () => {
    const { old, container } = await outdated(ann)
    expect(await ann.fails('GET', `/images/${encodeURIComponent(`<none>@${old.id}`)}`)).toMatchObject({ status: 400 })
    expect(await dangling(bob)).toEqual([])
    expect(await bob.fails('GET', `/images/${old.id}`)).toMatchObject({ code: 'not_found' })
    await ann.ok('DELETE', `/containers/${container.id}`)
    expect(await ann.ok<Pruned>('POST', '/images/prune', {})).toMatchObject({ items: [{ id: old.id, untagged: [] }] })
  })
})

describe('images.prune', () => {
  it('takes dangling images once no container uses them, and tells the space', async () => {
    const { old, now, container } = await outdated(ann)
    expect(await ann.ok<Pruned>('POST', '/images/prune', {})).toEqual({ items: [], spaceReclaimed: 0 })
    await ann.ok('DELETE', `/containers/${container.id}`)
    expect(await ann.ok<Pruned>('POST', '/images/prune', {})).toEqual({
      items: [{ team: alpha.name, id: old.id, untagged: [] }],
      spaceReclaimed: 3_000,
    })
    expect(await onEngine(old.id)).toBe(false)
    expect(await onEngine(now.id)).toBe(true)
  })

  it('takes all that no container of the team uses, and nothing of another team', async () => {
    const reference = await bed().uniqueImage({ files: [{ r: randomBytes(3_000) }] })
    const [mine] = [await pull(ann, reference), await pull(bob, reference)]
    const used = await pull(ann, await bed().uniqueImage())
    const container = await runContainer(ann, withImage(used.reference), withCmd('/x'), withoutStart())
    const report = await ann.ok<Pruned>('POST', '/images/prune', { all: true })
    expect(report.items).toContainEqual({ team: alpha.name, id: mine.id, untagged: [reference] })
    expect(report.items.map(({ id }) => id)).not.toContain(used.id)
    expect(report.items.every(({ team }) => team === alpha.name)).toBe(true)
    expect(await ann.fails('GET', `/images/${encodeURIComponent(reference)}`)).toMatchObject({ code: 'not_found' })
    expect(await bob.ok('GET', `/images/${encodeURIComponent(reference)}`)).toMatchObject({ id: mine.id })
    expect(await onEngine(mine.id)).toBe(true)
    await ann.ok('DELETE', `/containers/${container.id}`)
  })

  it('takes nothing of anybody where an administrator names no team', async () => {
    const { reference } = await pull(bob, await bed().uniqueImage())
    expect(await s.admin.ok<Pruned>('POST', '/images/prune', { all: true })).toEqual({ items: [], spaceReclaimed: 0 })
    await bob.ok('GET', `/images/${encodeURIComponent(reference)}`)
  })

  it('counts only layers that no image that stays has', async () => {
    const base = randomBytes(9_000)
    await pull(bob, await bed().uniqueImage({ files: [{ base }], config: { Labels: { keep: 'me' } } }))
    await pull(bob, await bed().uniqueImage({ files: [{ base }, { r: randomBytes(500) }], config: { Labels: { drop: 'me' } } }))
    const report = await bob.ok<Pruned>('POST', '/images/prune', { all: true, label: ['drop=me'] })
    expect(report).toMatchObject({ items: [{ untagged: [expect.any(String)] }], spaceReclaimed: 500 })
  })

  it('takes only what fits the filters', async () => {
    const { reference } = await pull(bob, await bed().uniqueImage({ config: { Labels: { stage: 'test' } } }))
    const prune = (body: object) => bob.ok<Pruned>('POST', '/images/prune', { all: true, ...body })
    expect((await prune({ label: ['stage=other'] })).items).toEqual([])
    expect((await prune({ label: ['stage'], until: '2001-01-01T00:00:00Z' })).items).toEqual([])
    expect((await prune({ label: ['stage'], until: '2100-01-01T00:00:00Z' })).items).toMatchObject([{ untagged: [reference] }])
  })

  it('is refused with fields that it does not know, and denied to a developer', async () => {
    expect(await bob.fails('POST', '/images/prune', { dangling: true })).toMatchObject({ status: 400, errors: [{ pointer: '/dangling' }] })
    const dev = await s.user('dev', { alpha: 'developer' })
    expect(await dev.fails('POST', `/images/prune?team=${alpha.name}`, {})).toMatchObject({ status: 403, code: 'permission_denied' })
  })
})
