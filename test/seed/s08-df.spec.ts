/**
 * S08. The course: `docker system df`: space used by images, containers, volumes and build cache, and what can be reclaimed.
 * Through the gateway a team sees its own; who looks after the host sees all of it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { pull } from '../images/support.js'
import { until } from '../streams/support.js'
import {
  type Actor,
  runContainer,
  type Scenario,
  scenario,
  type Team,
  withCmd,
  withImage,
  withName,
  withSpec,
} from '../support/scenario.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor
let aud: Actor
let mia: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  mia = await s.user('mia', { alpha: 'maintainer' })
  ben = await s.user('ben', { beta: 'developer' })
  aud = await s.user('aud', {}, { hostRole: 'auditor' })
})
afterAll(() => s?.end())

interface Space {
  readonly count: number
  readonly size: number
  readonly reclaimable: number
}
interface Usage {
  readonly measuredAt: string
  readonly teams: readonly { readonly team: string; readonly images: Space; readonly containers: Space; readonly volumes: Space }[]
  readonly host: { readonly images: Space; readonly containers: Space; readonly volumes: Space; readonly buildCache: Space } | null
}

const df = (actor: Actor) => actor.ok<Usage>('GET', '/system/df')
const own = async (actor: Actor) => (await df(actor)).teams[0]!

describe('s08: who uses how much space', () => {
  it('counts what a container writes, what its volume holds, and what could be reclaimed', async () => {
    const write = 'head -c 300000 /dev/zero > /x; head -c 200000 /dev/zero > /data/y; sleep 300'
    await runContainer(
      ann,
      withName('web'),
      withCmd('sh', '-c', write),
      withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/data' }] }),
    )
    // sizes may be five seconds old
    await until('it is measured', async () => (await own(ann)).volumes.size === 200_000, 20_000)
    const used = await own(ann)
    expect(used).toMatchObject({ team: alpha.name, volumes: { count: 1, size: 200_000, reclaimable: 0 } })
    expect(used.containers).toEqual({ count: 1, size: 300_000, reclaimable: 0 })
    // the image in use can't be reclaimed
    expect(used.images).toMatchObject({ count: 1, reclaimable: 0 })
    await ann.ok('POST', '/containers/web/stop?timeout=0')
    expect((await own(ann)).containers).toEqual({ count: 1, size: 300_000, reclaimable: 300_000 })
    await ann.http.delete('/containers/web').expect(204)
    const left = await own(ann)
    expect(left.containers).toEqual({ count: 0, size: 0, reclaimable: 0 })
    expect(left.volumes).toEqual({ count: 1, size: 200_000, reclaimable: 200_000 })
    expect(left.images.reclaimable).toBe(left.images.size)
    expect(await mia.ok('POST', '/volumes/prune?all=true')).toMatchObject({ removed: [{ name: 'data' }], reclaimed: 200_000 })
    expect((await own(ann)).volumes).toEqual({ count: 0, size: 0, reclaimable: 0 })
  })

  it('counts a layer that two images of the team share once', async () => {
    const before = (await own(ann)).images
    const shared = { base: Buffer.alloc(500_000, 'b') }
    const top = (letter: string) => ({ top: Buffer.alloc(100_000, letter) })
    const [one, two] = await Promise.all(['1', '2'].map((letter) => bed().uniqueImage({ files: [shared, top(letter)] })))
    await pull(ann, one!)
    const first = (await own(ann)).images
    await pull(ann, two!)
    const second = (await own(ann)).images
    expect(first.size - before.size).toBe(600_000)
    expect(second.size - first.size).toBe(100_000)
    expect(second.count).toBe(before.count + 2)
  })

  it('tells a team nothing of another, even where both have the same image', async () => {
    const reference = await bed().uniqueImage({ files: [{ big: Buffer.alloc(400_000, 'x') }] })
    const before = (await own(ben)).images
    await pull(ann, reference)
    expect((await df(ben)).teams.length).toBe(1)
    expect((await own(ben)).images).toEqual(before)
    const alone = (await own(ann)).images
    await pull(ben, reference)
    // each is charged for all that it has; neither can see that somebody else has it, too
    expect((await own(ben)).images.size - before.size).toBe(400_000)
    expect((await own(ann)).images).toEqual(alone)
    expect((await df(ben)).host).toBeNull()
  })

  it('counts all of the host for who has a role on it', async () => {
    await runContainer(ann, withName('a'), withImage('berth.test/busybox:1'))
    for (const actor of [aud, s.admin]) {
      // measuring is dear for the engine, so an answer may be some seconds old
      await until('the container in the figures', async () => ((await df(actor)).host?.containers.count ?? 0) > 0, 20_000)
      const { teams, host } = await df(actor)
      expect(teams.length).toBeGreaterThanOrEqual(2)
      expect(host).toMatchObject({ buildCache: { count: expect.any(Number) } })
      expect(host!.images.size).toBeGreaterThan(1_000_000)
      expect(host!.containers.count).toBeGreaterThanOrEqual(1)
      for (const space of Object.values(host!)) expect(space.reclaimable).toBeLessThanOrEqual(space.size)
    }
  })

  it('is measured once for all who ask at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => df(ann)))
    expect(new Set(answers.map(({ measuredAt }) => measuredAt)).size).toBe(1)
  })
})
