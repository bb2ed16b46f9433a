import { randomBytes, randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JobStore } from '../../src/store/jobs.store.js'
import { Jobs } from '../../src/jobs/jobs.service.js'
import type { JobEvent } from '../../src/jobs/job-event.js'
import { bed } from '../support/bed.js'
import { startGateway } from '../support/app.js'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { isOnEngine, jobOf, until, type Job } from '../images/support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let bob: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s.end())

const start = (actor: Actor, reference: string) => actor.ok<Job>('POST', '/images/pull', { reference })
const slowImage = () => bed().uniqueImage({ files: [1, 6, 13].map((mb) => ({ [`r${mb}`]: randomBytes(mb << 20) })) })

describe('jobs', () => {
  it('are of their team: foreign and missing are one', async () => {
    const { id } = await start(ann, 'busybox')
    await jobOf(ann, id)
    expect(await vic.ok('GET', `/jobs/${id}`)).toMatchObject({ id, team: alpha.name })
    const foreign = await bob.http.get(`/jobs/${id}`).expect(404)
    const missing = await bob.http.get(`/jobs/${randomUUID()}`).expect(404)
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...missing.body, requestId: '' })
    expect(await bob.fails('DELETE', `/jobs/${id}`)).toMatchObject({ status: 404 })
    expect(await vic.fails('DELETE', `/jobs/${id}`)).toMatchObject({ status: 403, code: 'permission_denied' })
    expect(await ann.fails('DELETE', `/jobs/${id}`)).toMatchObject({ status: 409, code: 'job_ended' })
    expect((await bob.ok<{ items: Job[] }>('GET', '/jobs')).items.map((job) => job.id)).not.toContain(id)
  })

  it('are listed newest first, by state and kind, page by page', async () => {
    const ids: string[] = []
    for (const reference of ['busybox', 'layered', `${bed().registryHost}/no/such:1`]) {
      const { id } = await start(ann, reference)
      await jobOf(ann, id)
      ids.unshift(id)
    }
    type List = { items: Job[]; nextCursor: string | null }
    const first = await ann.ok<List>('GET', '/jobs?limit=2')
    expect(first.items.map((job) => job.id)).toEqual(ids.slice(0, 2))
    const second = await ann.ok<List>('GET', `/jobs?limit=1&cursor=${first.nextCursor}`)
    expect(second.items.map((job) => job.id)).toEqual(ids.slice(2))
    expect((await ann.ok<List>('GET', '/jobs?state=failed&limit=1')).items[0]?.id).toBe(ids[0])
    expect((await ann.ok<List>('GET', '/jobs?kind=images.push')).items).toEqual([])
    expect((await ann.ok<List>('GET', '/jobs?kind=images.pull&state=running')).items).toEqual([])
  })

  it.each(['state=done', 'kind=..', 'limit=0', 'cursor=x', 'x=1'])('are not listed with %s', async (query) => {
    expect((await ann.fails('GET', `/jobs?${query}`)).status).toBe(400)
  })

  it('answer 202 when Prefer has waited long enough', async () => {
    const reference = await slowImage()
    const answer = await ann.http.post('/images/pull').set('prefer', 'wait=0').send({ reference }).expect(202)
    expect(answer.body).toMatchObject({ state: 'running' })
    await ann.ok('DELETE', `/jobs/${answer.body.id}`)
  })

  it('answer 200 with their end when Prefer waits for it, and 202 when it takes longer', async () => {
    const quick = await ann.http.post('/images/pull').set('prefer', 'wait=50').send({ reference: 'busybox' }).expect(200)
    expect(quick.headers).toMatchObject({ location: `/api/v1/jobs/${quick.body.id}`, 'preference-applied': 'wait=50' })
    expect(quick.body).toMatchObject({ state: 'succeeded', result: { id: expect.stringMatching(/^sha256:/) } })
    // it waits for its turn behind this one, however fast the machine is
    const before = await start(ann, await slowImage())
    const slow = await ann.http
      .post('/images/pull')
      .set('prefer', 'wait=1')
      .send({ reference: await slowImage() })
    expect([200, 202]).toContain(slow.status)
    expect(slow.body.state).toBe(slow.status === 200 ? 'succeeded' : 'running')
    expect(slow.headers).toMatchObject({ 'preference-applied': 'wait=1' })
    for (const id of [before.id, slow.body.id as string]) expect((await jobOf(ann, id)).state).toBe('succeeded')
  })

  it('outlive the client that started them, also one that was waiting', async () => {
    const reference = await slowImage()
    const leaving = new AbortController()
    const headers = { authorization: `Bearer ${ann.accessToken}`, 'content-type': 'application/json', prefer: 'wait=60' }
    const body = JSON.stringify({ reference })
    const asking = fetch(`${s.url}/api/v1/images/pull`, { method: 'POST', headers, body, signal: leaving.signal })
    let job: Job | undefined
    await until(async () => {
      job = (await ann.ok<{ items: Job[] }>('GET', '/jobs?state=running')).items.find(({ subject }) => subject['reference'] === reference)
      return job !== undefined
    })
    leaving.abort()
    await expect(asking).rejects.toThrow()
    expect(await jobOf(ann, job!.id)).toMatchObject({ state: 'succeeded', result: { reference } })
    expect(await isOnEngine(reference)).toBe(true)
  })

  it('end as canceled, answer so, and leave nothing on the engine', async () => {
    const reference = await slowImage()
    const { id } = await start(ann, reference)
    await until(async () => (await ann.ok<Job>('GET', `/jobs/${id}`)).steps.length > 0)
    expect(await ann.ok<Job>('DELETE', `/jobs/${id}`)).toMatchObject({ id, state: 'canceled', result: null, endedAt: expect.any(String) })
    expect(await isOnEngine(reference)).toBe(false)
    expect(await ann.fails('DELETE', `/jobs/${id}`)).toMatchObject({ code: 'job_ended' })
  })

  it('are watched from what is so far to their end, also when they ended before', async () => {
    const jobs = s.gateway.app.get(Jobs, { strict: false })
    const { id } = await start(ann, await slowImage())
    const seen: JobEvent[] = []
    for await (const event of jobs.watch(id)) seen.push(event)
    expect(seen[0]).toMatchObject({ job: { id, state: 'running' } })
    expect(seen.at(-1)).toMatchObject({ job: { id, state: 'succeeded' } })
    const steps = seen.flatMap((event) => ('step' in event ? [event.step] : []))
    expect(steps.some((step) => step.status === 'downloading' && step.total! > 0)).toBe(true)
    const after: JobEvent[] = []
    for await (const event of jobs.watch(id)) after.push(event)
    expect(after).toEqual([seen.at(-1)])
  })

  it('stop being watched when the watcher goes, and run on', async () => {
    const jobs = s.gateway.app.get(Jobs, { strict: false })
    const { id } = await start(ann, await slowImage())
    const gone = new AbortController()
    for await (const _ of jobs.watch(id, gone.signal)) gone.abort()
    expect((await jobOf(ann, id)).state).toBe('succeeded')
  })

  it('are canceled when another process has ended their row', async () => {
    const { id } = await start(ann, await slowImage())
    const ended = await s.gateway.app.get(JobStore, { strict: false }).end(id, { state: 'canceled', ended_at: new Date().toISOString() })
    expect(ended).toBe(true)
    const jobs = s.gateway.app.get(Jobs, { strict: false })
    for await (const _ of jobs.watch(id));
    expect(await ann.ok('GET', `/jobs/${id}`)).toMatchObject({ state: 'canceled', result: null })
  })

  it('are interrupted by a stop, keep their progress, and leave nothing on the engine', async () => {
    const slow = await slowImage()
    const { id } = await start(ann, slow)
    await until(async () => (await ann.ok<Job>('GET', `/jobs/${id}`)).steps.length > 1)
    await s.gateway.restart()
    const job = await ann.ok<Job>('GET', `/jobs/${id}`)
    expect(job).toMatchObject({ state: 'interrupted', result: null, endedAt: expect.any(String) })
    expect(job.steps.length).toBeGreaterThan(0)
    expect(await isOnEngine(slow)).toBe(false)
    const { items } = await s.admin.ok<{ items: { phase: string; result: string }[] }>('GET', '/audit?operation=ImageCreate&limit=1')
    expect(items[0]).toMatchObject({ phase: 'outcome', result: 'stopping' })
  })

  it('are interrupted when their process was killed: the next one on its files says so', async () => {
    const { id } = await start(ann, await slowImage())
    const dataDir = mkdtempSync(join(tmpdir(), 'berth-killed-'))
    // what a kill -9 leaves: the files as they are at one moment of the work
    cpSync(s.gateway.dataDir, dataDir, { recursive: true })
    await ann.ok('DELETE', `/jobs/${id}`)
    try {
      await using next = await startGateway({ dataDir })
      const row = await next.app.get(JobStore, { strict: false }).find(id)
      expect(row).toMatchObject({ state: 'interrupted', ended_at: expect.any(String), result: null })
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
