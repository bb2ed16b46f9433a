import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { scenario, type Actor, type Problem, type Scenario } from '../support/scenario.js'
import { engineImages, pull } from './support.js'

interface Image {
  readonly id: string
  readonly references: string[]
  readonly digests: string[]
  readonly team: string
  readonly labels: Record<string, string>
  readonly createdAt: string
}

let s: Scenario
let ann: Actor
let bob: Actor
let both: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
  both = await s.user('both', { alpha: 'developer', beta: 'developer' })
})
afterAll(() => s.end())

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`

/** The answer without what differs from request to request. */
const facts = (problem: Problem) => ({ ...problem, requestId: '' })

describe('two teams', () => {
  it('hold different content under one reference', async () => {
    const name = `app-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name })
    const first = await pull(ann, reference)
    await bed().uniqueImage({ name })
    const second = await pull(bob, reference)
    expect(second.id).not.toBe(first.id)
    expect(await ann.ok<Image>('GET', at(reference))).toMatchObject({ id: first.id, references: [reference] })
    expect(await bob.ok<Image>('GET', at(reference))).toMatchObject({ id: second.id, references: [reference] })
    expect(await both.fails('GET', at(reference))).toMatchObject({ code: 'ambiguous_reference', status: 409 })
    expect(await both.ok<Image>('GET', `${at(reference)}?team=${s.teams.get('beta')!.name}`)).toMatchObject({ id: second.id })
  })

  it('lose nothing when the other removes the same image, by reference or by id', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    await pull(bob, reference)
    expect(await ann.ok('DELETE', at(reference))).toEqual({ untagged: [reference], deleted: [id] })
    expect(await ann.fails('GET', at(id))).toMatchObject({ code: 'not_found' })
    expect(await bob.ok<Image>('GET', at(reference))).toMatchObject({ id })
    expect(await bob.ok('DELETE', at(id))).toEqual({ untagged: [reference], deleted: [id] })
    expect((await engineImages()).map((image) => image.Id)).not.toContain(id)
  })

  it('neither see nor use what only the other has: by tag, digest or id, with the same bytes as for what is missing', async () => {
    const reference = await bed().uniqueImage()
    const { id, digest } = await pull(ann, reference)
    const name = reference.replace(/:1$/, '')
    for (const ref of [reference, id, `${name}@${digest}`]) {
      const missing = ref.replace(/[0-9a-f]{4}(?=:1$|$)/, (four) => (four === '0000' ? '1111' : '0000'))
      for (const path of [at(ref), `${at(ref)}/history`])
        expect(facts(await bob.fails('GET', path))).toEqual(
          facts(await bob.fails('GET', path.replace(encodeURIComponent(ref), encodeURIComponent(missing)))),
        )
      expect(facts(await bob.fails('DELETE', at(ref)))).toEqual(facts(await bob.fails('DELETE', at(missing))))
      expect(await bob.fails('POST', '/images/tag', { source: ref, target: 'mine:1' })).toMatchObject({ code: 'not_found', status: 404 })
    }
    const { items } = await bob.ok<{ items: Image[] }>('GET', '/images')
    expect(items.map((image) => image.id)).not.toContain(id)
  })

  it('do not see each other in the answer to a removal, even while the other uses the content', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    await pull(bob, reference)
    const container = await engineCall(bed().socketPath, 'POST', '/containers/create', { Image: id, Cmd: ['x'] })
    const { Id } = JSON.parse(container.body) as { Id: string }
    s.forget('containers', Id)
    expect(await ann.ok('DELETE', at(reference))).toEqual({ untagged: [reference], deleted: [id] })
    expect(await bob.ok('DELETE', at(reference))).toEqual({ untagged: [reference], deleted: [id] })
    expect(await bob.fails('GET', at(reference))).toMatchObject({ code: 'not_found' })
    expect((await engineImages()).map((image) => image.Id)).toContain(id)
  })
})

describe('images of a team', () => {
  it('are tagged and untagged by reference alone', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    expect(await ann.ok('POST', '/images/tag', { source: reference, target: 'myapp' })).toEqual({ reference: 'myapp:latest', id })
    expect(await ann.ok('POST', '/images/tag', { source: id, target: '127.0.0.1:5000/myapp:2' })).toEqual({
      reference: '127.0.0.1:5000/myapp:2',
      id,
    })
    expect((await ann.ok<Image>('GET', at('myapp'))).references.sort()).toEqual(
      ['127.0.0.1:5000/myapp:2', 'myapp:latest', reference].sort(),
    )
    expect(await ann.ok('DELETE', at(reference))).toEqual({ untagged: [reference], deleted: [] })
    expect(await ann.fails('DELETE', at(reference))).toMatchObject({ code: 'not_found' })
    const removal = await ann.ok<{ untagged: string[]; deleted: string[] }>('DELETE', at(id))
    expect(removal).toEqual({ untagged: ['127.0.0.1:5000/myapp:2', 'myapp:latest'], deleted: [id] })
    expect((await engineImages()).map((image) => image.Id)).not.toContain(id)
  })

  it('leave the public tags of the engine alone', async () => {
    const socket = bed().socketPath
    const reference = await bed().uniqueImage()
    const name = reference.replace(/:1$/, '')
    await engineCall(socket, 'POST', `/images/create?fromImage=${encodeURIComponent(name)}&tag=1`)
    try {
      const { id } = await pull(ann, reference)
      await ann.ok('DELETE', at(reference))
      const image = (await engineImages()).find((each) => each.Id === id)
      expect(image).toMatchObject({ RepoTags: [reference], RepoDigests: [expect.stringContaining(`${name}@sha256:`)] })
    } finally {
      await engineCall(socket, 'DELETE', `/images/${reference}`)
    }
  })

  it.each([
    ['a digest', { source: 'berth.test/busybox:1', target: `x@sha256:${'f'.repeat(64)}` }],
    ['a place of ours', { source: 'berth.test/busybox:1', target: 'berth.invalid/x:h' }],
    ['no name', { source: 'berth.test/busybox:1', target: ':1' }],
    ['a bad source', { source: '../x', target: 'x:1' }],
    ['an unknown field', { source: 'berth.test/busybox:1', target: 'x:1', force: true }],
    ['nothing', {}],
  ])('are not tagged with %s', async (_, body) => {
    expect((await ann.fails('POST', '/images/tag', body)).status).toBe(400)
  })

  it('are listed with filters, sorted, page by page', async () => {
    const label = randomBytes(4).toString('hex')
    const made = [1, 2, 3].map((n) => ({
      name: `l${n}-${label}`,
      config: { Labels: { berthtest: label, n: String(n), 'berth.uid': 'x' } },
    }))
    for (const image of made) await pull(ann, await bed().uniqueImage(image))
    const list = (query: string) => ann.ok<{ items: Image[]; nextCursor: string | null }>('GET', `/images?${query}`)
    const names = async (query: string) => (await list(query)).items.map((image) => image.references[0]!.split('/')[2]!.slice(0, 2))
    const ours = `label=berthtest%3D${label}`
    expect(await names(`${ours}&sort=reference`)).toEqual(['l1', 'l2', 'l3'])
    expect(await names(`${ours}&sort=-reference`)).toEqual(['l3', 'l2', 'l1'])
    expect(await names(`${ours}&label=n%3D2`)).toEqual(['l2'])
    expect(await names(`${ours}&label=n%3D4`)).toEqual([])
    expect(await names(`reference=*%2F*%2Fl%3F-${label}&sort=reference`)).toEqual(['l1', 'l2', 'l3'])
    expect(await names(`reference=*%2F*%2Fl3-${label}:1`)).toEqual(['l3'])
    expect(await names(`reference=l%3F-${label}`)).toEqual([])
    expect(await names(`${ours}&dangling=true`)).toEqual([])
    expect(await names(`${ours}&dangling=false&sort=reference`)).toEqual(['l1', 'l2', 'l3'])
    const first = await list(`${ours}&sort=reference&limit=2`)
    expect(first.items).toHaveLength(2)
    const second = await list(`${ours}&sort=reference&limit=2&cursor=${first.nextCursor}`)
    expect(second).toMatchObject({ items: [{ labels: { berthtest: label, n: '3' }, team: s.teams.get('alpha')!.name }], nextCursor: null })
    expect(second.items[0]!.labels).not.toHaveProperty('berth.uid')
  })

  it('are listed before and since another one', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    const { items } = await ann.ok<{ items: Image[] }>('GET', '/images')
    const { createdAt } = items.find((image) => image.id === id)!
    for (const [key, fits] of [
      ['before', (time: string) => time < createdAt],
      ['since', (time: string) => time > createdAt],
    ] as const)
      for (const ref of [reference, id]) {
        const filtered = await ann.ok<{ items: Image[] }>('GET', `/images?${key}=${encodeURIComponent(ref)}`)
        expect(filtered.items.map((image) => image.id).sort()).toEqual(
          items
            .filter((image) => fits(image.createdAt))
            .map((image) => image.id)
            .sort(),
        )
      }
  })

  it.each(['sort=name', 'dangling=maybe', 'limit=0', 'cursor=x', 'before=no-such:1', 'since=..', 'force=1', 'label=%3D'])(
    'are not listed with %s',
    async (query) => {
      const problem = await ann.fails('GET', `/images?${query}`)
      expect(problem.status).toBe(400)
    },
  )

  it('show their configuration, with values of the environment only to those who may read them', async () => {
    const vic = await s.user('vic', { alpha: 'viewer' })
    const config = {
      Cmd: ['a'],
      Entrypoint: ['/b'],
      Env: ['TOKEN=s3cret', 'EMPTY='],
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/data': {} },
      User: '5',
      WorkingDir: '/w',
    }
    const reference = await bed().uniqueImage({ config, files: [{ x: '1' }, { y: randomBytes(8).toString('hex') }] })
    await pull(ann, reference)
    const shape = { cmd: ['a'], entrypoint: ['/b'], exposedPorts: ['80/tcp'], volumes: ['/data'], user: '5', workingDir: '/w', labels: {} }
    const values = {
      env: [
        { name: 'TOKEN', value: 's3cret' },
        { name: 'EMPTY', value: '' },
      ],
    }
    const names = {
      env: [
        { name: 'TOKEN', value: null },
        { name: 'EMPTY', value: null },
      ],
    }
    const seen = await ann.ok<Image & { layers: string[] }>('GET', at(reference))
    expect(seen).toMatchObject({ os: 'linux', references: [reference], library: false, config: { ...shape, ...values } })
    expect(seen.layers).toHaveLength(2)
    expect(await vic.ok('GET', at(reference))).toMatchObject({ config: { ...shape, ...names } })
  })

  it('show their history, newest first, with ids and tags of their own team only', async () => {
    const reference = await bed().uniqueImage({ files: [{ x: '1' }, { y: randomBytes(8).toString('hex') }] })
    const { id } = await pull(ann, reference)
    await ann.ok('POST', '/images/tag', { source: reference, target: 'hist:1' })
    await pull(bob, reference)
    const { items } = await ann.ok<{ items: { id: string; tags: string[]; createdBy: string }[] }>('GET', `${at('hist:1')}/history`)
    expect(items.map((item) => item.id)).toEqual([id, '<missing>'])
    expect(items[0]!.tags.sort()).toEqual([reference, 'hist:1'].sort())
    expect(items[0]!.createdBy).toContain('ADD y')
    await ann.ok('DELETE', at('hist:1'))
  })

  it('are not removed while own containers use the last reference, unless forced', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    const made = await ann.http.post('/containers').send({ image: reference, command: ['x'] })
    expect(made.status).toBe(201)
    await ann.ok('POST', '/images/tag', { source: reference, target: 'used:1' })
    expect(await ann.ok('DELETE', at('used:1'))).toEqual({ untagged: ['used:1'], deleted: [] })
    const problem = await ann.fails('DELETE', at(reference))
    expect(problem).toMatchObject({ code: 'image_in_use', status: 409 })
    expect(problem.detail).toContain('1 of your containers')
    expect(await ann.ok('DELETE', `${at(reference)}?force=true`)).toEqual({ untagged: [reference], deleted: [] })
    expect(await ann.fails('GET', at(id))).toMatchObject({ code: 'not_found' })
    expect(await ann.ok('GET', `/containers/${(made.body as { id: string }).id}`)).toBeTruthy()
  })

  const bad = [
    'UPPER',
    'a..%2fb',
    '..%2fx',
    'x%3Fforce%3D1',
    'x'.repeat(300),
    'sha256:12',
    'sha256:zz',
    'a%00',
    '%20',
    'x@sha256:1',
    'abcd'.repeat(16),
    '-a',
    'a%252fb',
  ]
  it.each(bad.map((ref) => [ref.slice(0, 70), ref]))('are refused before anything is looked up for %s', async (_, ref) => {
    for (const answer of [
      await ann.http.get(`/images/${ref}`),
      await ann.http.delete(`/images/${ref}`),
      await ann.http.get(`/images/${ref}/history`),
    ]) {
      // a short `name:tag` is a reference, however odd
      const wellFormed = ref === 'sha256:12' || ref === 'sha256:zz'
      expect([answer.status, (answer.body as Problem).code]).toEqual(wellFormed ? [404, 'not_found'] : [400, 'invalid_reference'])
    }
  })
})
