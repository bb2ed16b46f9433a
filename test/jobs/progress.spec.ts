import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { scenario, type Actor, type Scenario } from '../support/scenario.js'
import { rawSocket } from '../streams/support.js'
import { jobOf, until, type Job } from '../images/support.js'

type Frame = { readonly job?: Job; readonly step?: Job['steps'][number] }

let s: Scenario
let ann: Actor
let bob: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s.end())

async function startPull(): Promise<string> {
  const reference = await bed().uniqueImage({ files: [1, 9].map((mb) => ({ [`r${mb}`]: randomBytes(mb << 20) })) })
  return (await ann.ok<Job>('POST', '/images/pull', { reference })).id
}

describe('job.progress', () => {
  it('tells the whole job, each step, and the whole job at its end', async () => {
    const job = await startPull()
    using socket = await rawSocket(s.url, { token: vic.accessToken })
    const ack = await socket.ask('stream:open', { kind: 'job.progress', params: { job } })
    expect(ack).toMatchObject({ ok: true })
    await until(() => socket.end(ack.streamId))
    expect(socket.end(ack.streamId)).toMatchObject({ reason: 'ended' })
    const frames = socket.of('stream:data').flatMap((message) => message['frames'] as Frame[])
    expect(frames[0]).toMatchObject({ job: { id: job, kind: 'images.pull' } })
    expect(frames.at(-1)).toMatchObject({ job: { id: job, state: 'succeeded', result: { id: expect.stringMatching(/^sha256:/) } } })
    const last = new Map(frames.flatMap(({ step }) => (step ? [[step.id, step.status] as const] : [])))
    expect([...last.values()].every((status) => status === 'done')).toBe(true)
  })

  it('tells of a job that is over what it was, and ends', async () => {
    const job = await startPull()
    await jobOf(ann, job)
    using socket = await rawSocket(s.url, { token: ann.accessToken })
    const ack = await socket.ask('stream:open', { kind: 'job.progress', params: { job } })
    await until(() => socket.end(ack.streamId))
    const frames = socket.of('stream:data').flatMap((message) => message['frames'] as Frame[])
    expect(frames).toMatchObject([{ job: { id: job, state: 'succeeded' } }])
  })

  it('is not there for another team, nor for an id that is none', async () => {
    const job = await startPull()
    using socket = await rawSocket(s.url, { token: bob.accessToken })
    expect(await socket.ask('stream:open', { kind: 'job.progress', params: { job } })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    })
    expect(await socket.ask('stream:open', { kind: 'job.progress', params: { job: '../x' } })).toMatchObject({
      ok: false,
      error: { code: 'invalid_request' },
    })
    await jobOf(ann, job)
  })
})
