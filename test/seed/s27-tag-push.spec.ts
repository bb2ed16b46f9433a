/** S27. The course: `docker tag`, `docker push`. Both as operations, with progress for each layer and the digest at the end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { startRegistry, type Registry } from '../support/registry.js'
import { type Actor, BASE_IMAGE, type Scenario, scenario } from '../support/scenario.js'
import { done, ended, installed } from './images.js'

let s: Scenario
let ann: Actor
/** An empty one, so that there is something to push. */
let registry: Registry

beforeAll(async () => {
  registry = await startRegistry(bed().engine, { port: 5027 })
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  await installed(ann, BASE_IMAGE, 'my-ubuntu')
  await done(ann, '/containers/my-ubuntu/commit', { reference: 'myubuntu:1.3.7' })
})
afterAll(async () => {
  await s?.end()
  await registry?.stop()
})

describe('s27: docker tag and docker push', () => {
  const target = () => `${registry.host}/zzyy/myubuntu:1.3.7`

  it('a tag is one more name of the same image', async () => {
    const { id } = await ann.ok<{ id: string }>('GET', '/images/myubuntu%3A1.3.7')
    expect(await ann.ok('POST', '/images/tag', { source: 'myubuntu:1.3.7', target: target() })).toEqual({ reference: target(), id })
    expect(await ann.ok('GET', `/images/${id}`)).toMatchObject({ references: [target(), 'myubuntu:1.3.7'].sort() })
  })

  it('a push tells each layer, and the digest', async () => {
    const job = await done(ann, '/images/push', { reference: target() })
    const layers = job.steps.filter(({ id }) => /^[0-9a-f]{12}$/.test(id))
    expect(layers.map(({ status }) => status)).toEqual(['done', 'done'])
    const accept = 'application/vnd.docker.distribution.manifest.v2+json'
    const { headers } = await registry.call('HEAD', '/v2/zzyy/myubuntu/manifests/1.3.7', undefined, { accept })
    expect(job.result).toMatchObject({ reference: target(), digest: headers['docker-content-digest'] })
  })

  it('the image shows the digest from then on', async () => {
    const image = await ann.ok<{ digests: string[] }>('GET', `/images/${encodeURIComponent(target())}`)
    expect(image.digests).toEqual([expect.stringContaining(`${registry.host}/zzyy/myubuntu@sha256:`)])
  })

  it('a second push finds the layers there', async () => {
    const job = await done(ann, '/images/push', { reference: target() })
    expect(job.steps.filter(({ status }) => status === 'exists')).toHaveLength(2)
  })

  it('a push of a name that the team does not have, or to nowhere, says so', async () => {
    expect(await ann.fails('POST', '/images/push', { reference: 'nothing:1' })).toMatchObject({ status: 404 })
    await ann.ok('POST', '/images/tag', { source: 'myubuntu:1.3.7', target: '127.0.0.1:5998/x:1' })
    expect(await ended(ann, '/images/push', { reference: '127.0.0.1:5998/x:1' })).toMatchObject({
      state: 'failed',
      error: { code: 'push_failed', detail: 'the image could not be pushed: the registry can not be reached' },
    })
  })
})
