/**
 * S30. The course: `docker tag`, `push` to and `pull` from `127.0.0.1:5000/...`. The round trip against a private registry that
 * runs beside the engine, as the course's own container of s29 does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed, type Forward } from '../support/bed.js'
import { type Actor, BASE_IMAGE, type Scenario, scenario } from '../support/scenario.js'

interface Job {
  readonly state: string
  readonly steps: { readonly id: string; readonly status: string }[]
  readonly result: { readonly digest: string; readonly id: string }
}

let s: Scenario
let ann: Actor
let forward: Forward
let registry: { id: string; address: string }
/** `127.0.0.1:5000/<of this test>/myubuntu`: the bed's registry is everybody's. */
let repository: string
let digest: string

beforeAll(async () => {
  forward = await bed().forward(5000)
  s = await scenario({ env: { BERTH_REGISTRY_ROUTES: `${bed().registryHost}=127.0.0.1:${forward.port}` } })
  await s.team('course')
  ann = await s.user('ann', { course: 'maintainer' })
  repository = `course-${s.suffix}/myubuntu`
})
afterAll(async () => {
  await s?.end()
  await forward?.close()
})

const reference = (tag: string) => `${registry.address}/${repository}:${tag}`
const inRegistry = (path: string) => `/registries/${registry.id}/repositories/${encodeURIComponent(repository)}${path}`

async function job(path: string, name: string): Promise<Job> {
  const { body } = await ann.http.post(path).set('prefer', 'wait=60').send({ reference: name })
  return body as Job
}

describe('s30: push to and pull from 127.0.0.1:5000', () => {
  it('an image gets a name in the private registry, and is pushed there', async () => {
    registry = await ann.ok('POST', '/registries', { name: 'private', url: `http://${bed().registryHost}` })
    await ann.ok('POST', '/images/tag', { source: BASE_IMAGE, target: reference('5.2.1') })
    const pushed = await job('/images/push', reference('5.2.1'))
    expect(pushed.state).toBe('succeeded')
    expect(pushed.steps.length).toBeGreaterThan(1)
    ;({ digest } = pushed.result)
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('the registry has it, under the digest that the push told', async () => {
    const tags = await ann.ok<{ items: { name: string }[] }>('GET', inRegistry('/tags'))
    expect(tags.items.map(({ name }) => name)).toEqual(['5.2.1'])
    expect(await ann.ok('GET', inRegistry('/manifests/5.2.1'))).toMatchObject({ digest, kind: 'image' })
  })

  it('the team no longer has it after rmi', async () => {
    await ann.ok('DELETE', `/images/${encodeURIComponent(reference('5.2.1'))}`)
    expect((await ann.fails('GET', `/images/${encodeURIComponent(reference('5.2.1'))}`)).code).toBe('not_found')
    const spec = { name: 'again', image: reference('5.2.1'), command: ['true'], pull: 'never' }
    expect((await ann.fails('POST', '/containers', spec)).code).toBe('image_not_present')
  })

  it.each(['5.2.1', 'digest'])('pulled by %s it comes back, and runs', async (by) => {
    const name = by === 'digest' ? `${registry.address}/${repository}@${digest}` : reference(by)
    const pulled = await job('/images/pull', name)
    expect(pulled).toMatchObject({ state: 'succeeded', result: { digest } })
    const made = await ann.ok<{ id: string }>('POST', '/containers?start=true', { image: name, command: ['sh', '-c', 'exit 7'] })
    expect(await ann.ok('POST', `/containers/${made.id}/wait`)).toMatchObject({ exitCode: 7 })
  })

  it('deleted in the registry, it can not be pulled any more; what the team has stays', async () => {
    expect(await ann.ok('DELETE', inRegistry('/manifests/5.2.1'))).toEqual({ digest, tags: ['5.2.1'], complete: true })
    expect(await job('/images/pull', reference('5.2.1'))).toMatchObject({ state: 'failed', error: { code: 'pull_failed' } })
    await ann.ok('GET', `/images/${encodeURIComponent(reference('5.2.1'))}`)
  })
})
