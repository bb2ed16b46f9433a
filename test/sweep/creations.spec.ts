/** The sweep on an engine of its own: whatever was created, it is in order, also when what its team may do has changed since. */
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIVES, SweptHost, tomorrow } from './support/swept-host.js'

const CREATES = Number(process.env['BERTH_TEST_CREATES'] ?? 45)
const SEED = Number(process.env['BERTH_TEST_SEED'] ?? Date.now() % 2 ** 31)
const AT_ONCE = 3

let host: SweptHost
beforeAll(async () => {
  host = await SweptHost.start()
}, 120_000)
afterAll(() => host?.end())

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

/** Fields of a creation, each with what is allowed to everybody, to some, and to nobody. */
const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  command: some(['true'], LIVES, ['sh', '-c', 'exit 3']),
  entrypoint: some(['sh'], []),
  env: some(['A=b'], ['PATH=/bin'], []),
  tty: fc.boolean(),
  openStdin: fc.boolean(),
  user: some('0', '1000', '1000:1000', 'nobody', 'root'),
  workingDir: some('/', '/tmp', '/proc/self', '/app'),
  hostname: some('web', 'x-1'),
  labels: some({ a: 'b' }, { 'berth.uid': 'x' }, { 'com.docker.compose.project': 'x' }),
  ports: some<object[]>([{ container: 80 }], [{ container: 80, protocol: 'udp' }], [{ container: 80, host: 80 }], []),
  publishAll: fc.boolean(),
  mounts: fc.subarray<object>([
    { type: 'volume', source: 'data', target: '/data' },
    { type: 'volume', target: '/anonymous' },
    { type: 'volume', source: 'fresh', target: '/fresh', readOnly: true },
    { type: 'tmpfs', target: '/scratch' },
    { type: 'tmpfs', target: '/big', size: 600 * 1024 ** 2 },
    { type: 'bind', source: '/', target: '/host' },
  ]),
  volumesFrom: some(['web'], []),
  network: some('none', 'inner', 'default', 'host', 'bridge', 'container:web'),
  privileged: fc.boolean(),
  resources: some<object>({ memory: 64 * 1024 ** 2 }, { cpus: 0.5 }, { pids: 64 }, { memory: 1 }),
  restart: some<object>({ policy: 'no' }, { policy: 'on-failure', maxRetries: 3 }, { policy: 'unless-stopped' }, { policy: 'always' }),
  healthcheck: some<object>({ test: ['CMD', 'true'], interval: 5 }, { test: ['NONE'] }, { test: ['CMD', 'true'], interval: 0.1 }),
  autoRemove: fc.boolean(),
  stopTimeout: some(1, 120, 301),
  stopSignal: some('SIGTERM', 'SIGKILL'),
  count: some(1, 2),
}
// a few of them together: with all of them something is always wrong
const BODY = fc
  .subarray(Object.keys(FIELDS), { maxLength: 4 })
  .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, FIELDS[name]!]))))

describe('random creations', () => {
  it('are each made as the profile says, or refused', async () => {
    const bodies = fc.sample(BODY, { numRuns: CREATES, seed: SEED })
    let [made, refused] = [0, 0]
    const create = async (at: number): Promise<void> => {
      const { dev, user } = host.teams[at % host.teams.length]!
      const start = at % AT_ONCE === 0 ? '?start=true' : ''
      const answer = await dev.http.post(`/containers${start}`).send({ image: 'busybox:1', ...user, ...bodies[at] })
      if (answer.status === 201) made++
      else refused++
      expect([201, 400, 403, 404, 409, 422, 429], answer.text).toContain(answer.status)
    }
    for (let at = 0; at < bodies.length; at += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, bodies.length - at) }, (_, i) => create(at + i)))
    expect(made).toBeGreaterThan(CREATES / 4)
    const [said] = (await host.assertInOrder()).split('\n')
    console.log(`creations with seed ${SEED}: ${made} made, ${refused} refused; ${said}`)
  }, 600_000)
})

describe('what was made under an earlier decision', () => {
  it('is in order, and is told', async () => {
    const { dev } = await host.populate('former', { profile: 'privileged', expiresAt: tomorrow() })
    const folder = mkdtempSync(join(tmpdir(), 'berth-export-'))
    try {
      await host.root.ok('POST', '/host-exports', { alias: 'shared', path: folder, readOnly: false, teams: ['former'] })
      const mounts = [{ type: 'bind', source: 'shared', target: '/shared' }]
      await dev.ok('POST', '/containers', { name: 'bound', image: 'busybox:1', mounts })
      await dev.ok('POST', '/containers', { name: 'mighty', image: 'busybox:1', privileged: true })
      // allowed on a day between its creation and now
      await host.root.ok('PUT', '/teams/former/profile', { profile: 'restricted' })
      await dev.ok('POST', '/containers', { name: 'later', image: 'busybox:1', user: '1000' })
      await host.root.ok('PUT', '/teams/former/profile', { profile: 'baseline' })
      await dev.ok('PATCH', '/containers/later', { restart: { policy: 'always' } })
      await host.root.ok('PUT', '/teams/former/profile', { profile: 'restricted' })
      await host.root.ok('DELETE', '/host-exports/shared')
      expect(await host.assertInOrder('--once')).toMatch(/note: \d+ are as their team was allowed to make them then/)
      expect((await dev.fails('POST', '/containers', { image: 'busybox:1', user: '1000', mounts })).code).toBe('policy_denied')
    } finally {
      await dev.ok('DELETE', '/containers/bound?force=true')
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
