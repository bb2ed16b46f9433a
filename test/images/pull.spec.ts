import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineImages, isOnEngine, jobOf, pull, type Job, until } from './support.js'

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

describe('images.pull', () => {
  it('answers 202 with a job that ends with reference, id and digest', async () => {
    const reference = await bed().uniqueImage({ files: [{ a: '1' }, { b: randomBytes(8).toString('hex') }] })
    const answer = await ann.http.post('/images/pull').send({ reference }).expect(202)
    expect(answer.headers['location']).toBe(`/api/v1/jobs/${answer.body.id}`)
    expect(answer.body).toMatchObject({
      kind: 'images.pull',
      operation: 'ImageCreate',
      team: alpha.name,
      state: 'running',
      subject: { reference },
    })
    const job = await jobOf(ann, answer.body.id)
    expect(job).toMatchObject({ state: 'succeeded', createdBy: ann.username, error: null })
    expect(job.result).toEqual({
      reference,
      id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
    const layers = job.steps.filter((step) => /^[0-9a-f]{12}$/.test(step.id))
    expect(layers).toHaveLength(2)
    expect(layers.every((step) => ['done', 'exists'].includes(step.status))).toBe(true)
  })

  it('leaves nothing but a holding tag on the engine', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    const image = (await engineImages()).find((each) => each.Id === id)
    expect(image?.RepoTags).toEqual([expect.stringMatching(new RegExp(`^berth\\.invalid/${alpha.id}/[0-9a-f]{64}:h$`))])
    expect(image?.RepoDigests ?? []).toEqual([])
  })

  it('says of layers that are there already that they exist', async () => {
    const shared = randomBytes(16).toString('hex')
    await pull(ann, await bed().uniqueImage({ files: [{ shared }] }))
    const job = await pullJob(ann, await bed().uniqueImage({ files: [{ shared }, { own: randomBytes(8).toString('hex') }] }))
    expect(job.steps.map((step) => step.status).sort()).toEqual(['done', 'done', 'exists'])
  })

  it('waits for the end where Prefer asks for it, and answers the ended job', async () => {
    const reference = await bed().uniqueImage()
    const answer = await ann.http.post('/images/pull').set('prefer', 'respond-async, wait=30').send({ reference }).expect(200)
    expect(answer.headers['preference-applied']).toBe('wait=30')
    expect(answer.body).toMatchObject({ state: 'succeeded', result: { reference } })
  })

  it('writes one intent and one outcome, also for a client that waited', async () => {
    const reference = await bed().uniqueImage()
    const answer = await ann.http.post('/images/pull').set('prefer', 'wait=30').send({ reference }).expect(200)
    const { items } = await s.admin.ok<{ items: { phase: string; requestId: string; result: string }[] }>(
      'GET',
      '/audit?operation=ImageCreate',
    )
    const own = items.filter((record) => record.requestId === answer.headers['x-request-id'])
    expect(own.map(({ phase, result }) => `${phase} ${result}`).sort()).toEqual(['intent ok', 'outcome ok'])
  })

  it.each(['busybox', 'busybox:1', 'docker.io/library/busybox:latest', 'layered'])(
    'finds %s through the mirror, under its familiar name',
    async (reference) => {
      const pulled = await pull(ann, reference)
      const image = await ann.ok<{ references: string[]; id: string }>('GET', `/images/${encodeURIComponent(reference)}`)
      expect(image.id).toBe(pulled.id)
      expect(image.references).toContain(pulled.reference)
      expect(pulled.reference).not.toContain('docker.io')
    },
  )

  it('pulls by digest, and finds it by that digest whoever asks for name@digest', async () => {
    const reference = await bed().uniqueImage()
    const { digest, id } = await pull(ann, reference)
    const pinned = `${reference.replace(/:1$/, '')}@${digest}`
    expect(await ann.ok('GET', `/images/${encodeURIComponent(pinned)}`)).toMatchObject({ id })
    expect(await pull(bob, pinned)).toEqual({ reference: pinned, id, digest })
    expect(await bob.fails('GET', `/images/${encodeURIComponent(reference)}`)).toMatchObject({ code: 'not_found' })
  })

  it('moves the reference to newer content, and drops what it pointed to', async () => {
    const name = `moving-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name })
    const first = await pull(ann, reference)
    await bed().uniqueImage({ name })
    const second = await pull(ann, reference)
    expect(second.id).not.toBe(first.id)
    expect((await engineImages()).map((image) => image.Id)).not.toContain(first.id)
    expect(await ann.ok('GET', `/images/${encodeURIComponent(reference)}`)).toMatchObject({ id: second.id })
  })

  it('ends on the engine when it is canceled', async () => {
    const slow = await bed().uniqueImage({ files: [1, 6, 13].map((mb) => ({ [`r${mb}`]: randomBytes(mb << 20) })) })
    const { id } = await ann.ok<Job>('POST', '/images/pull', { reference: slow })
    await until(async () => (await ann.ok<Job>('GET', `/jobs/${id}`)).steps.length > 1)
    expect(await ann.ok('DELETE', `/jobs/${id}`)).toMatchObject({ id, state: 'canceled', result: null })
    expect(await ann.fails('DELETE', `/jobs/${id}`)).toMatchObject({ code: 'job_ended', status: 409 })
    expect(await ann.fails('GET', `/images/${encodeURIComponent(slow)}`)).toMatchObject({ code: 'not_found' })
    expect(await isOnEngine(slow)).toBe(false)
  })

  it('serves several pulls of one image at once, for one team and for two', async () => {
    const reference = await bed().uniqueImage({ files: [{ r: randomBytes(1 << 20) }] })
    const all = await Promise.all([pull(ann, reference), pull(ann, reference), pull(bob, reference), pull(bob, reference)])
    expect(new Set(all.map((each) => each.id)).size).toBe(1)
    const image = (await engineImages()).find((each) => each.Id === all[0].id)
    expect(image?.RepoTags).toHaveLength(2)
    expect(image?.RepoDigests ?? []).toEqual([])
  })

  it('goes on for one team when another cancels the same pull', async () => {
    const reference = await bed().uniqueImage({ files: [{ r: randomBytes(12 << 20) }] })
    const canceled = await ann.ok<Job>('POST', '/images/pull', { reference })
    const going = await bob.ok<Job>('POST', '/images/pull', { reference })
    await ann.http.delete(`/jobs/${canceled.id}`)
    expect(await jobOf(bob, going.id)).toMatchObject({ state: 'succeeded', result: { reference } })
  })
})

describe('a pull that fails', () => {
  it.each([
    ['an image that is not there', () => `${bed().registryHost}/no/such:1`, /no such image/],
    ['a tag that is not there', () => `${bed().registryHost}/team/app:none`, /no such image/],
    ['an image of the hub that is not there', () => 'surely-not-there:1', /no such image|can not be reached/],
    ['a registry that nobody listens on', () => '127.0.0.1:5999/x:1', /can not be reached/],
    ['a registry that has no route', () => '10.9.9.9:5000/x:1', /can not be reached/],
    ['a registry with an IPv6 address', () => '[::1]:5999/x', /can not be reached/],
  ])('says why, and no more, for %s', async (_, reference, reason) => {
    const job = await pullJob(ann, reference())
    expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'pull_failed', status: 422 } })
    expect(job.error?.detail).toMatch(reason)
    expect(job.error?.detail).not.toMatch(/dial|tcp|refused|unreachable|127\.0\.0\.1|10\.9/)
  })

  it('leaves the reference that the team has', async () => {
    const name = `kept-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name })
    const { id, digest } = await pull(ann, reference)
    const answer = await bed().registry.call('DELETE', `/v2/unique/${name}/manifests/${digest}`)
    expect(answer.status).toBe(202)
    expect(await pullJob(ann, reference)).toMatchObject({ state: 'failed' })
    expect(await ann.ok('GET', `/images/${encodeURIComponent(reference)}`)).toMatchObject({ id })
  })

  const bad = [
    '',
    'UPPER',
    'a b',
    'x:',
    '../x',
    'x?y=1',
    'http://x/y',
    'a'.repeat(64),
    'x'.repeat(2_000),
    'x\0',
    'berth.invalid/x:h',
    'x@sha256:12',
  ]
  it.each(bad.map((reference) => [reference.slice(0, 70), reference]))('is refused before it starts for %j', async (_, reference) => {
    const problem = await ann.fails('POST', '/images/pull', { reference })
    expect(problem.status).toBe(400)
    expect(['invalid_reference', 'invalid_request']).toContain(problem.code)
  })

  it('is refused with a registry, until there are credentials', async () => {
    const problem = await ann.fails('POST', '/images/pull', { reference: 'busybox', registry: 'x' })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ pointer: '/registry' }] })
  })

  it('is denied to a viewer, and unknown in a foreign team', async () => {
    const vic = await s.user('vic', { alpha: 'viewer' })
    expect(await vic.fails('POST', '/images/pull', { reference: 'busybox' })).toMatchObject({ status: 403, code: 'permission_denied' })
    expect(await bob.fails('POST', '/images/pull', { reference: 'busybox', team: alpha.name })).toMatchObject({ status: 404 })
  })
})

async function pullJob(actor: Actor, reference: string): Promise<Job> {
  const answer = await actor.http.post('/images/pull').set('prefer', 'wait=50').send({ reference })
  return answer.body as Job
}
