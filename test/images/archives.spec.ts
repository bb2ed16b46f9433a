import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { busyboxTar, tarOf } from '../../scripts/tar.js'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineBytes, filesOf, type HalfUpload, halfUpload, packed, rawTar } from './archive-support.js'
import { bytesOf, engineImages, type Job, jobOf, pull, type Pulled, sent, until } from './support.js'

interface Image {
  readonly id: string
  readonly references: string[]
  readonly config: { readonly cmd: string[]; readonly env: object[]; readonly labels: Record<string, string> }
  readonly layers: string[]
}
interface Manifest {
  readonly Config: string
  readonly RepoTags: string[] | null
  readonly Layers: string[]
}

let s: Scenario
let alpha: Team
let ann: Actor
let bob: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
})
afterAll(() => s.end())

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`
const image = (actor: Actor, ref: string) => actor.ok<Image>('GET', at(ref))
const load = (actor: Actor, archive: Buffer, query = '') => sent(actor, `/images/load${query}`, archive)
const manifestOf = async (archive: Buffer) => JSON.parse((await filesOf(archive))['manifest.json']!.toString()) as Manifest[]

/** Tags and digests on the engine that are not those that hold the teams' references, nor images of other tests that ran there before. */
async function strays(): Promise<string[]> {
  const names = (await engineImages()).flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])])
  return names.filter((name) => !/^berth\.invalid\/[0-9a-f-]{36}\/[0-9a-f]{64}:h$|^berth\.test(?:\.local)?\/|^busybox@/.test(name))
}

const idsOnEngine = async () => new Set((await engineImages()).map(({ Id }) => Id))

/** New images that the team holds, or that are nobody's and came from a tar; other tests make theirs at the same time. */
async function madeFor({ id }: Team, before: ReadonlySet<string>): Promise<string[]> {
  const made: string[] = []
  for (const { Id, RepoTags, RepoDigests } of await engineImages()) {
    const names = [...(RepoTags ?? []), ...(RepoDigests ?? [])]
    if (before.has(Id) || (names.length > 0 && !names.some((name) => name.includes(id)))) continue
    const { Comment } = await engineJson<{ Comment?: string }>(bed().socketPath, 'GET', `/images/${Id}/json`).catch(() => ({ Comment: '' }))
    if (names.length > 0 || Comment?.startsWith('Imported from')) made.push(Id)
  }
  return made
}

describe('images.save', () => {
  it('is an archive with the names that the team has, and none of ours', async () => {
    const { id } = await pull(ann, await bed().uniqueImage())
    await ann.ok('POST', '/images/tag', { source: id, target: 'saved/app:1' })
    const answer = await ann.http.get(`${at('saved/app:1')}/save`).expect(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/x-tar',
      'content-disposition': expect.stringContaining('saved_app%3A1.tar'),
    })
    const archive = await bytesOf(ann, `${at('saved/app:1')}/save`)
    expect(await manifestOf(archive)).toMatchObject([{ Config: `${id.slice(7)}.json`, RepoTags: ['saved/app:1'] }])
    expect(archive.includes('berth.invalid')).toBe(false)
  })

  it('has by id all names that the team has, and not those of another team', async () => {
    const { id, reference } = await pull(ann, await bed().uniqueImage())
    await pull(bob, reference)
    await bob.ok('POST', '/images/tag', { source: reference, target: 'secret-name-of-beta:1' })
    await ann.ok('POST', '/images/tag', { source: id, target: 'mine:1' })
    const archive = await bytesOf(ann, `/images/${id}/save`)
    expect((await manifestOf(archive))[0]!.RepoTags?.sort()).toEqual([reference, 'mine:1'].sort())
    expect(archive.includes('secret-name-of-beta')).toBe(false)
  })

  it('has several images once each, with shared layers once', async () => {
    const base = randomBytes(300_000)
    const one = await pull(ann, await bed().uniqueImage({ files: [{ base }, { a: randomBytes(8) }] }))
    const two = await pull(ann, await bed().uniqueImage({ files: [{ base }, { b: randomBytes(8) }] }))
    const archive = await bytesOf(ann, `/images/save?ref=${encodeURIComponent(one.reference)}&ref=${two.id}&ref=${one.id}`)
    // the engine keeps no order (20.10 walks a map)
    expect((await manifestOf(archive)).flatMap(({ RepoTags }) => RepoTags ?? []).sort()).toEqual([one.reference, two.reference].sort())
    expect(archive.length).toBeLessThan(450_000)
  })

  it('is nothing of what another team has', async () => {
    const { id, reference } = await pull(bob, await bed().uniqueImage())
    for (const path of [
      `${at(reference)}/save`,
      `/images/${id}/save`,
      `/images/save?ref=${id}`,
      `/images/save?ref=${encodeURIComponent(reference)}`,
    ])
      expect(await ann.fails('GET', path)).toMatchObject({ status: 404, code: 'not_found' })
    expect(await ann.fails('GET', '/images/save')).toMatchObject({ status: 400 })
    expect(await ann.fails('GET', '/images/save?ref=..%2Fx')).toMatchObject({ status: 400 })
  })

  it('is denied to a viewer', async () => {
    const vic = await s.user('vic', { alpha: 'viewer' })
    const { reference } = await pull(ann, await bed().uniqueImage())
    expect(await vic.fails('GET', `${at(reference)}/save`)).toMatchObject({ status: 403 })
    expect(await vic.fails('GET', `/images/save?team=${alpha.name}&ref=x`)).toMatchObject({ status: 403 })
  })
})

describe('images.load', () => {
  it('gives the team what the archive has, under the names of the archive', async () => {
    const [one, two] = [await pull(ann, await bed().uniqueImage()), await pull(ann, await bed().uniqueImage())]
    const archive = await bytesOf(ann, `/images/save?ref=${encodeURIComponent(one.reference)}&ref=${encodeURIComponent(two.reference)}`)
    const job = await load(bob, archive)
    expect(job).toMatchObject({ kind: 'images.load', state: 'succeeded' })
    const { images } = job.result as { images: { reference: string; id: string }[] }
    expect(images.toSorted((a, b) => a.reference.localeCompare(b.reference))).toEqual(
      [one, two].map(({ reference, id }) => ({ reference, id })).toSorted((a, b) => a.reference.localeCompare(b.reference)),
    )
    expect(await image(bob, one.reference)).toMatchObject({ id: one.id, references: [one.reference] })
    expect(await strays()).toEqual([])
  })

  it('gives content back that was removed, and takes it compressed', async () => {
    const { id, reference } = await pull(ann, await bed().uniqueImage({ files: [{ a: randomBytes(50_000) }] }))
    const archive = await bytesOf(ann, `${at(reference)}/save`)
    await ann.ok('DELETE', at(reference))
    expect((await engineImages()).some((each) => each.Id === id)).toBe(false)
    expect(await sent(ann, '/images/load', gzipSync(archive), 'application/gzip')).toMatchObject({ state: 'succeeded' })
    expect(await image(ann, reference)).toMatchObject({ id, references: [reference] })
  })

  it('calls the one image of an archive as it is told to', async () => {
    const { id, reference } = await pull(ann, await bed().uniqueImage())
    const job = await load(ann, await bytesOf(ann, `${at(reference)}/save`), '?reference=other/name:2')
    expect(job.result).toEqual({ images: [{ reference: 'other/name:2', id }] })
  })

  it('loads what docker itself saved', async () => {
    const { reference } = await pull(ann, await bed().uniqueImage())
    const tag = `docker-saved:${randomBytes(4).toString('hex')}`
    const { id } = await image(ann, reference)
    await engineCall(bed().socketPath, 'POST', `/images/${id}/tag?repo=docker-saved&tag=${tag.slice(13)}`)
    const body = await engineBytes(`/images/${tag}/get`)
    await engineCall(bed().socketPath, 'DELETE', `/images/${tag}`)
    expect(await load(bob, body)).toMatchObject({ state: 'succeeded', result: { images: [{ reference: tag, id }] } })
    expect(await strays()).toEqual([])
  })

  it('does not touch what another team has under the name, nor the operator', async () => {
    const name = `app-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name })
    const mine = await pull(ann, reference)
    await bed().uniqueImage({ name })
    const theirs = await pull(bob, reference)
    const job = await load(bob, await bytesOf(ann, `${at(reference)}/save`))
    expect(job).toMatchObject({ state: 'succeeded' })
    expect(await image(ann, reference)).toMatchObject({ id: mine.id })
    expect(await image(bob, reference)).toMatchObject({ id: mine.id })
    expect((await engineImages()).some((each) => each.Id === theirs.id)).toBe(false)
  })

  it('is no way to layers that only another team has, although the engine has them', async () => {
    const secret = await pull(ann, await bed().uniqueImage({ files: [{ secret: randomBytes(20) }] }))
    const files = await filesOf(await bytesOf(ann, `/images/${secret.id}/save`))
    const [{ Config, Layers }] = (await manifestOf(await bytesOf(ann, `/images/${secret.id}/save`))) as [Manifest]
    const config = files[Config]!.toString()
    const list = JSON.stringify([{ Config, RepoTags: ['stolen:1'], Layers }])
    const withLayer = (content: string) =>
      rawTar({ name: Config, content: config }, { name: Layers[0]!, content }, { name: 'manifest.json', content: list })
    const own = tarOf({ mine: 'x' })
    const { RootFS } = await engineJson<{ RootFS: { Layers: string[] } }>(bed().socketPath, 'GET', `/images/${secret.id}/json`)
    /** Judged by one key, and made by another one: the engine folds the case of keys. */
    const twice = (key: string) => {
      const digests = RootFS.Layers.map(() => `sha256:${createHash('sha256').update(own).digest('hex')}`)
      const rootfs = [digests, RootFS.Layers].map((ids) => JSON.stringify({ type: 'layers', diff_ids: ids }))
      const content = `{"architecture":"amd64","os":"linux","config":{},"rootfs":${rootfs[0]},"${key}":${rootfs[1]}}`
      const layers = RootFS.Layers.map((_, at) => ({ name: `l${at}.tar`, content: own }))
      const items = JSON.stringify([{ Config: 'c.json', RepoTags: ['stolen:1'], Layers: layers.map(({ name }) => name) }])
      return rawTar(...layers, { name: 'c.json', content }, { name: 'manifest.json', content: items })
    }
    for (const archive of [
      twice('RootFS'),
      twice('rootf\u017f'),
      rawTar({ name: Config, content: config }, { name: 'manifest.json', content: list }),
      withLayer(''),
      withLayer('something else'),
      rawTar(
        { name: Config, content: config },
        { name: 'manifest.json', content: JSON.stringify([{ Config, RepoTags: ['stolen:1'], Layers: [] }]) },
      ),
    ]) {
      expect(await load(bob, archive)).toMatchObject({ state: 'failed', error: { code: 'archive_refused' } })
      expect(await bob.fails('GET', at('stolen:1'))).toMatchObject({ code: 'not_found' })
    }
    expect(await strays()).toEqual([])
  })

  it.each([
    ['a name that leads out', () => rawTar({ name: '../../etc/cron.d/x', content: 'x' }), /leads out of the folder/],
    ['an absolute name', () => rawTar({ name: '/etc/x', content: 'x' }), /leads out of the folder/],
    ['a link that leads out', () => rawTar({ name: 'x', type: 'symlink', link: '../../../etc/passwd' }), /a link leads out/],
    ['a hard link', () => rawTar({ name: 'x', type: 'link', link: 'y' }), /neither file nor folder/],
    ['a device', () => rawTar({ name: 'x', flag: '4' }), /neither file nor folder/],
    ['no list of images', () => tarOf({ x: '1' }), /no archive of docker save/],
    ['no tar in it', () => Buffer.from('hello'), /no tar/],
    ['nothing in it', () => Buffer.alloc(0), /no archive of docker save/],
  ])('refuses an archive with %s, and nothing is made', async (_, archive, reason) => {
    const before = await idsOnEngine()
    const job = await load(ann, archive())
    expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'archive_refused', status: 400 } })
    expect(job.error?.detail).toMatch(reason)
    expect(job.error?.detail).toMatch(/nothing was made$/)
    expect(await madeFor(alpha, before)).toEqual([])
  })

  it.each([
    ['a name that no reference can be', ['UPPER CASE'], /can not be used/],
    ['our own names', [`berth.invalid/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}/${'a'.repeat(64)}:h`], /can not be used/],
    ['a digest for a name', [`x@sha256:${'a'.repeat(64)}`], /can not be used/],
    ['no name', null, /has no name/],
  ])('refuses an archive with %s', async (_, RepoTags, reason) => {
    const { reference } = await pull(ann, await bed().uniqueImage())
    const archive = await renamed(await bytesOf(ann, `${at(reference)}/save`), RepoTags)
    const job = await load(ann, archive)
    expect(job).toMatchObject({ state: 'failed', error: { code: 'archive_refused' } })
    expect(job.error?.detail).toMatch(reason)
    if (RepoTags === null) expect(await load(ann, archive, '?reference=named:1')).toMatchObject({ state: 'succeeded' })
  })

  it('says before it starts what is wrong with its parameters', async () => {
    expect(await ann.fails('POST', '/images/load?reference=..')).toMatchObject({ status: 400, code: 'invalid_reference' })
    expect(await ann.fails('POST', '/images/load?x=y')).toMatchObject({ status: 400, errors: [{ pointer: '/query/x' }] })
    const answer = await ann.http.post('/images/load').set('content-type', 'text/plain').send('x')
    expect(answer.status).toBe(415)
  })

  it('ends when it is canceled within the upload, and leaves nothing', async () => {
    const { id, reference } = await pull(ann, await bed().uniqueImage({ files: [{ r: randomBytes(2 << 20) }] }))
    const archive = await bytesOf(ann, `${at(reference)}/save`)
    await ann.ok('DELETE', at(reference))
    const { half, job } = await halfLoaded(archive)
    expect(await ann.ok('DELETE', `/jobs/${job.id}`)).toMatchObject({ state: 'canceled' })
    expect(await half.answer).toBeLessThan(300)
    expect((await engineImages()).some((each) => each.Id === id)).toBe(false)
  })

  it('fails when the client leaves within the upload, and leaves nothing', async () => {
    const { id, reference } = await pull(ann, await bed().uniqueImage({ files: [{ r: randomBytes(2 << 20) }] }))
    const archive = await bytesOf(ann, `${at(reference)}/save`)
    await ann.ok('DELETE', at(reference))
    const { half, job } = await halfLoaded(archive)
    half.leave()
    expect(await jobOf(ann, job.id)).toMatchObject({ state: 'failed', error: { code: 'client_gone' } })
    expect((await engineImages()).some((each) => each.Id === id)).toBe(false)
  })
})

describe('images.import', () => {
  it('makes an image of a root file system, with what it is told', async () => {
    const changes = ['CMD ["cat", "/etc/passwd"]', 'ENV A=b', 'LABEL kind=imported', 'WORKDIR /root']
    const query = new URLSearchParams([
      ['reference', 'rootfs:1'],
      ['message', 'from a tar'],
      ...changes.map((line): [string, string] => ['changes', line]),
    ]).toString()
    const job = await sent(ann, `/images/import?${query}`, busyboxTar())
    expect(job).toMatchObject({ kind: 'images.import', state: 'succeeded', result: { reference: 'rootfs:1' } })
    const made = await image(ann, 'rootfs:1')
    expect(made.config).toMatchObject({ cmd: ['cat', '/etc/passwd'], labels: { kind: 'imported' }, env: [{ name: 'A', value: 'b' }] })
    expect(made.layers).toHaveLength(1)
    expect(await ann.ok('GET', `${at('rootfs:1')}/history`)).toMatchObject({ items: [{ comment: 'from a tar' }] })
    expect(await strays()).toEqual([])
  })

  it('keeps owners, times, links and extended attributes as they are', async () => {
    // cap_net_raw=ep (version 2 of the kernel's struct)
    const pax = { 'SCHILY.xattr.security.capability': `\u0001\0\0\u0002\0 \0\0${'\0'.repeat(12)}` }
    const body = await packed([
      { name: 'bin/', type: 'directory' },
      { name: 'bin/ping', content: 'x', uid: 5, gid: 6, mode: 0o4755, pax },
      { name: 'bin/p', type: 'symlink', link: '../bin/ping' },
      { name: 'bin/hard', type: 'link', link: 'bin/ping' },
    ])
    expect(await sent(ann, '/images/import?reference=kept:1', body)).toMatchObject({ error: null, state: 'succeeded' })
    const saved = await filesOf(await bytesOf(ann, `${at('kept:1')}/save`))
    const layer = Object.entries(saved).find(([name]) => name.endsWith('layer.tar'))![1]
    expect(layer.includes('SCHILY.xattr.security.capability')).toBe(true)
    expect(Object.keys(await filesOf(layer))).toEqual(['bin/', 'bin/ping', 'bin/p', 'bin/hard'])
  })

  it.each([
    ['a name that leads out', () => rawTar({ name: 'a/../../x', content: 'x' }), /leads out/],
    ['a hard link that leads out', () => rawTar({ name: 'x', type: 'link', link: '../../etc/shadow' }), /a link leads out/],
    ['a block device', () => rawTar({ name: 'dev/sda', flag: '4' }), /is a device/],
    ['a character device', () => rawTar({ name: 'dev/mem', flag: '3' }), /is a device/],
    ['a fifo', () => rawTar({ name: 'pipe', flag: '6' }), /neither file/],
    ['no entries', () => Buffer.alloc(10_240), /it is empty/],
    ['nothing', () => Buffer.alloc(0), /it is empty/],
    ['half an entry', () => busyboxTar().subarray(0, 50_000), /ends within an entry/],
    ['text', () => Buffer.from('hello '.repeat(500)), /no tar/],
    ['damaged gzip', () => gzipSync(busyboxTar()).subarray(0, 3_000), /compression is damaged/],
  ])('refuses a tar with %s, and nothing is made', async (_, body, reason) => {
    const before = await idsOnEngine()
    const job = await sent(ann, '/images/import?reference=bad:1', body())
    expect(job).toMatchObject({ state: 'failed', error: { code: 'archive_refused' } })
    expect(job.error?.detail).toMatch(reason)
    expect(await ann.fails('GET', at('bad:1'))).toMatchObject({ code: 'not_found' })
    expect(await madeFor(alpha, before)).toEqual([])
  })

  it.each([
    ['reference=x&changes=RUN+id', '/query/changes/0'],
    ['reference=x&changes=CMD+a&changes=LABEL+berth.uid=1', '/query/changes/1'],
    ['reference=x&changes=ENV+a=b%0ARUN+id', '/query/changes/0'],
    ['', '/query/reference'],
    [`reference=x@sha256:${'a'.repeat(64)}`, '/query/reference'],
    ['reference=x&fromSrc=http://10.0.0.1/', '/query/fromSrc'],
  ])('is refused before it starts with ?%s', async (query, pointer) => {
    expect(await ann.fails('POST', `/images/import?${query}`)).toMatchObject({ status: 400, errors: [{ pointer }] })
  })

  it('lets two teams have different content under one name', async () => {
    const [mine, theirs] = [await imported(ann, 'app:latest'), await imported(bob, 'app:latest')]
    expect(mine.id).not.toBe(theirs.id)
    expect(await image(ann, 'app:latest')).toMatchObject({ id: mine.id })
    expect(await image(bob, 'app:latest')).toMatchObject({ id: theirs.id })
    await bob.ok('DELETE', at('app:latest'))
    expect(await image(ann, 'app:latest')).toMatchObject({ id: mine.id })
  })

  it('is limited in its size', async () => {
    await using small = await scenario({ env: { BERTH_ARCHIVE_BYTES: '1048576' } })
    const eve = await small.user('eve', { gamma: 'developer' })
    for (const body of [tarOf({ r: randomBytes(2 << 20) }), gzipSync(tarOf({ zeros: Buffer.alloc(4 << 20) }))])
      expect(await sent(eve, '/images/import?reference=big:1', body)).toMatchObject({ state: 'failed', error: { code: 'body_too_large' } })
  })
})

async function halfLoaded(archive: Buffer): Promise<{ half: HalfUpload; job: Job }> {
  const half = await halfUpload(ann, '/images/load', archive)
  let job: Job | undefined
  await until(async () => {
    ;[job] = (await ann.ok<{ items: Job[] }>('GET', '/jobs?kind=images.load&state=running')).items
    return job?.steps.some(({ id, current = 0 }) => id === 'upload' && current > 0) ?? false
  })
  return { half, job: job! }
}

async function imported(actor: Actor, reference: string): Promise<Pulled> {
  return (await sent(actor, `/images/import?reference=${reference}`, tarOf({ r: randomBytes(8) }))).result as unknown as Pulled
}

/** The archive with other names in its list. */
async function renamed(archive: Buffer, RepoTags: string[] | null): Promise<Buffer> {
  const files = await filesOf(archive)
  const [item] = await manifestOf(archive)
  files['manifest.json'] = Buffer.from(JSON.stringify([{ ...item, RepoTags }]))
  return rawTar(
    ...Object.entries(files)
      .filter(([name]) => !name.endsWith('/'))
      .map(([name, content]) => ({ name, content })),
  )
}
