/**
 * A container that is removed beside the gateway while it is made: its anonymous volumes are there still, and no team would see
 * them once their rows have ended.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { BASE_IMAGE, type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { claimedBy, containersOf } from './support/engine.js'
import { HeldEngine } from './support/held-engine.js'

let engine: HeldEngine
let s: Scenario
let alpha: Team
let ann: Actor
beforeAll(async () => {
  engine = await HeldEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'maintainer' })
})
afterEach(() => {
  engine.beforeStart = null
})
afterAll(async () => {
  await s?.end()
  await engine?.stop()
})

const beside = (method: string, path: string) => engineCall(bed().socketPath, method, path)
const run = () =>
  ann.http.post('/containers?start=true').send({
    image: BASE_IMAGE,
    command: ['sleep', '60'],
    labels: { of: alpha.name },
    mounts: [{ type: 'volume', target: '/own' }],
  })
const volumes = async () => (await ann.ok<{ items: { name: string }[] }>('GET', '/volumes')).items
/** Of all that this gateway has made, whatever became of its rows. */
const quarantined = async () => {
  const { items } = await s.admin.ok<{ items: { id: string; quarantined: boolean }[] }>('GET', '/unowned?limit=1000')
  const ours = await claimedBy(s)
  return items.filter((item) => item.quarantined && ours.has(item.id))
}

it('is told as a conflict, and its volumes are removed', async () => {
  engine.beforeStart = async () => {
    for (const name of await containersOf(alpha)) await beside('DELETE', `/containers${name}?force=true`)
  }
  const { body } = await run().expect(409)
  expect(body).toMatchObject({ code: 'conflict', detail: 'conflict: the container was removed while it was made' })
  expect([...(await claimedBy(s))]).toEqual([])
  expect(await volumes()).toEqual([])
  expect(await quarantined()).toEqual([])
})

it('leaves a volume that something else has mounted by then to its team', async () => {
  const helper = `helper-${s.suffix}`
  engine.beforeStart = async () => {
    const [name] = await containersOf(alpha)
    await engineCall(bed().socketPath, 'POST', `/containers/create?name=${helper}`, {
      Image: BASE_IMAGE,
      Cmd: ['sleep', '60'],
      HostConfig: { VolumesFrom: [name!.slice(1)] },
    })
    await beside('POST', `/containers/${helper}/start`)
    await beside('DELETE', `/containers${name!}?force=true`)
  }
  await run().expect(409)
  expect(await volumes()).toHaveLength(1)
  expect(await quarantined()).toEqual([])
  await beside('DELETE', `/containers/${helper}?force=true`)
  await ann.ok('DELETE', `/volumes/${(await volumes())[0]!.name}`)
})

it('with a prune of the operator all the time leaves nothing', async () => {
  const filters = encodeURIComponent(JSON.stringify({ label: [`of=${alpha.name}`] }))
  const end = new AbortController()
  const pruning = (async () => {
    while (!end.signal.aborted) await beside('POST', `/containers/prune?filters=${filters}`)
  })()
  for (let at = 0; at < 10; at++) {
    const { status, body } = await run()
    expect([201, 409], JSON.stringify(body)).toContain(status)
    if (status === 201) await ann.http.delete(`/containers/${(body as { id: string }).id}?force=true&volumes=true`)
  }
  end.abort()
  await pruning
  expect(await quarantined()).toEqual([])
  expect([...(await claimedBy(s))]).toEqual([])
  expect(await volumes()).toEqual([])
})
