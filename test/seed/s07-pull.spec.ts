/**
 * S07. The course: `docker pull name:tag` and `docker pull name@digest`, layer by layer. Progress over a socket, layers that
 * exist already, cancel.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectStreams } from '../../clients/typescript/src/index.js'
import { bed } from '../support/bed.js'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'
import { done, type Ended, ended } from './images.js'
import { eventually } from './support.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())

const layers = ({ steps }: Ended) => steps.filter(({ id }) => /^[0-9a-f]{12}$/.test(id))

describe('s07: docker pull', () => {
  const base = randomBytes(100_000)
  let reference: string

  it('by tag: each layer is told, and the digest that the tag stands for', async () => {
    reference = await bed().uniqueImage({ files: [{ base }, { a: randomBytes(8) }] })
    const job = await done(ann, '/images/pull', { reference })
    expect(layers(job).map(({ status }) => status)).toEqual(['done', 'done'])
    expect(job.steps[0]).toMatchObject({ id: 'resolve', status: 'done', detail: job.result['digest'] })
    expect(job.result).toMatchObject({ reference, digest: expect.stringMatching(/^sha256:/) as string })
  })

  it('without a tag it is latest, found at the hub (here by its mirror)', async () => {
    expect((await done(ann, '/images/pull', { reference: 'busybox' })).result).toMatchObject({ reference: 'busybox:latest' })
  })

  it('by digest: the very content, whatever the tag stands for now', async () => {
    const { result } = await done(ann, '/images/pull', { reference })
    const pinned = `${reference.replace(/:1$/, '')}@${String(result['digest'])}`
    expect((await done(ann, '/images/pull', { reference: pinned })).result).toMatchObject({ reference: pinned, id: result['id'] })
  })

  it('layers that are there already are not fetched again', async () => {
    const next = await bed().uniqueImage({ files: [{ base }, { b: randomBytes(8) }] })
    expect(
      layers(await done(ann, '/images/pull', { reference: next }))
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['done', 'exists'])
  })

  it('can be watched while it goes on, by whoever comes later too', async () => {
    const slow = await bed().uniqueImage({ files: [{ r: randomBytes(8 << 20) }] })
    const { id } = await ann.ok<Ended>('POST', '/images/pull', { reference: slow })
    const streams = connectStreams({ url: ann.gateway.url, token: ann.accessToken! })
    try {
      const seen: string[] = []
      for await (const event of await streams.open('job.progress', { job: id })) seen.push(JSON.stringify(event))
      expect(seen.at(-1)).toContain('succeeded')
    } finally {
      streams.close()
    }
  })

  it('can be canceled, and leaves nothing', async () => {
    const slow = await bed().uniqueImage({ files: [1, 6, 13].map((mb) => ({ [`r${mb}`]: randomBytes(mb << 20) })) })
    const { id } = await ann.ok<Ended>('POST', '/images/pull', { reference: slow })
    await eventually(async () => expect((await ann.ok<Ended>('GET', `/jobs/${id}`)).steps.length).toBeGreaterThan(1))
    expect(await ann.ok('DELETE', `/jobs/${id}`)).toMatchObject({ state: 'canceled' })
    expect((await ann.fails('GET', `/images/${encodeURIComponent(slow)}`)).code).toBe('not_found')
  })

  it('of what is not there says so, and what to check', async () => {
    const job = await ended(ann, '/images/pull', { reference: `${bed().registryHost}/no/such:1` })
    expect(job).toMatchObject({ state: 'failed', error: { code: 'pull_failed', hint: 'check the reference and the registry' } })
  })
})
