import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { startRegistry } from '../support/registry.js'
import { scenario, type Actor, type Scenario } from '../support/scenario.js'
import { type Job, pull, type Pulled, until } from './support.js'

/** An engine whose first mirror has nothing: a tag can't be resolved to a digest there, and yet be pulled. */
let engine: PrivateEngine
let s: Scenario
let ann: Actor

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`

/** Public references on the engine, without what the bed and the gateway keep. */
async function publicReferences(): Promise<string[]> {
  const images = await engineJson<{ RepoTags: string[] | null; RepoDigests: string[] | null }[]>(engine.socketPath, 'GET', '/images/json')
  const all = images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])])
  return all.filter((reference) => !/^(<none>|berth\.(test|invalid)\/)/.test(reference))
}

beforeAll(async () => {
  engine = await bed().startEngine({ config: { 'registry-mirrors': ['http://127.0.0.1:5001', 'http://127.0.0.1:5000'] } })
  await startRegistry(engine, { port: 5001 })
  s = await scenario({ dockerHost: engine.dockerHost })
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterAll(async () => {
  await s.end()
  await engine.purge()
})

describe('a pull that only a mirror of the hub can serve', () => {
  it('goes by the tag, and leaves no public reference', async () => {
    const before = await publicReferences()
    const { body: job } = await ann.http.post('/images/pull').set('prefer', 'wait=30').send({ reference: 'layered:1' }).expect(200)
    const { result: pulled, steps } = job as Job & { result: Pulled }
    expect(steps).toContainEqual({ id: 'resolve', status: 'skipped' })
    expect(pulled).toMatchObject({ reference: 'layered:1', digest: expect.stringMatching(/^sha256:/) })
    expect(await publicReferences()).toEqual(before)
    expect(await ann.ok('GET', at(`layered@${pulled.digest}`))).toMatchObject({ id: pulled.id })
    await ann.ok('DELETE', at('layered:1'))
  })

  it("leaves the operator's tag where it was", async () => {
    await engineCall(engine.socketPath, 'POST', `/images/berth.test/busybox:1/tag?repo=layered&tag=1`)
    const { Id: operators } = await engineJson<{ Id: string }>(engine.socketPath, 'GET', '/images/layered:1/json')
    const { id } = await pull(ann, 'layered:1')
    expect(id).not.toBe(operators)
    expect(await engineJson(engine.socketPath, 'GET', '/images/layered:1/json')).toMatchObject({ Id: operators })
    await ann.ok('DELETE', at('layered:1'))
    await engineCall(engine.socketPath, 'DELETE', '/images/layered:1')
  })
})

describe('while the engine is away', () => {
  it('nothing changes, lists go on, and all is well when it is back', async () => {
    const { id } = await pull(ann, 'random:20m')
    await engine.stop()
    try {
      await until(async () => (await ann.http.get(at('random:20m'))).status === 503)
      expect(await ann.fails('DELETE', at('random:20m'))).toMatchObject({ code: 'engine_unavailable', status: 503 })
      expect(await ann.fails('POST', '/images/tag', { source: 'random:20m', target: 'x:1' })).toMatchObject({ code: 'engine_unavailable' })
      const job = await ann.http.post('/images/pull').set('prefer', 'wait=10').send({ reference: 'layered:1' })
      expect(job.body).toMatchObject({ state: 'failed', error: { code: 'engine_unavailable', status: 503 } })
      const { items } = await ann.ok<{ items: { id: string }[] }>('GET', '/images')
      expect(items.map((image) => image.id)).toContain(id)
    } finally {
      await engine.start()
    }
    await until(async () => (await ann.http.get(at('random:20m'))).status === 200)
    expect(await ann.fails('GET', at('x:1'))).toMatchObject({ code: 'not_found' })
    expect(await ann.ok('DELETE', at('random:20m'))).toEqual({ untagged: ['random:20m'], deleted: [id] })
  })
})
