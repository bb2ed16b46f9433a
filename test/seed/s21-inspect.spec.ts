/**
 * S21. The course: `docker inspect u1`, and in it Mounts: where the data of a container really is. Typed here, and without what is
 * nobody's business: the engine's names, the host's paths, and the values of the environment for those who only look.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BASE_IMAGE,
  runContainer,
  scenario,
  type Actor,
  type Scenario,
  type Team,
  withCmd,
  withEnv,
  withName,
  withPort,
  withSpec,
} from '../support/scenario.js'

let s: Scenario
let team: Team
let ann: Actor
let vic: Actor
let id: string

beforeAll(async () => {
  s = await scenario()
  team = await s.team('course')
  await s.team('other')
  ann = await s.user('ann', { course: 'developer' })
  vic = await s.user('vic', { course: 'viewer' })
  ;({ id } = await runContainer(
    ann,
    withName('u1'),
    withCmd('sleep', '300'),
    withPort(80),
    withEnv({ PASSWORD: 'secret' }),
    withSpec({
      labels: { tier: 'front' },
      resources: { memory: 67_108_864, cpus: 0.5, pids: 50 },
      restart: { policy: 'on-failure', maxRetries: 2 },
      mounts: [
        { type: 'volume', source: 'data', target: '/data' },
        { type: 'volume', source: 'facts', target: '/facts', readOnly: true },
        { type: 'tmpfs', target: '/scratch' },
      ],
    }),
  ))
})
afterAll(() => s?.end())

describe('s21: everything about a container', () => {
  it('is told in typed fields', async () => {
    expect(await ann.ok('GET', '/containers/u1')).toMatchObject({
      id,
      name: 'u1',
      team: team.name,
      createdBy: ann.username,
      image: { reference: BASE_IMAGE, id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      command: ['sleep', '300'],
      env: expect.arrayContaining(['PASSWORD=secret']),
      envHidden: false,
      state: { status: 'running', running: true, exitCode: null },
      ports: [{ container: 80, protocol: 'tcp', host: expect.any(Number) }],
      networks: [{ name: 'default', ipAddress: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) }],
      resources: { memory: 67_108_864, cpus: 0.5, pids: 50 },
      restart: { policy: 'on-failure', maxRetries: 2, count: 0 },
      labels: { tier: 'front' },
      privileged: false,
    })
  })

  it('Mounts: Type, Name, Source, Destination, Mode, RW, Propagation', async () => {
    const { mounts } = await ann.ok<{ mounts: { destination: string }[] }>('GET', '/containers/u1')
    const text = { mode: expect.any(String) as string, propagation: expect.any(String) as string }
    expect(mounts.toSorted((a, b) => (a.destination < b.destination ? -1 : 1))).toEqual([
      { type: 'volume', name: 'data', source: 'data', destination: '/data', rw: true, ...text },
      { type: 'volume', name: 'facts', source: 'facts', destination: '/facts', rw: false, ...text },
      { type: 'tmpfs', name: null, source: '', destination: '/scratch', rw: true, ...text },
    ])
  })

  it('what only looks sees no values of the environment', async () => {
    const seen = await vic.ok<object>('GET', '/containers/u1')
    expect(seen).toMatchObject({ name: 'u1', envHidden: true })
    expect(JSON.stringify(seen)).not.toContain('secret')
  })

  it('nothing of the host is in it', async () => {
    const { text } = await ann.http.get('/containers/u1')
    for (const secret of ['/var/lib/docker', 'berth.uid', `${team.name}--`, 'MergedDir', '/proc/']) expect(text).not.toContain(secret)
  })

  it('by name, by id and by a part of the id, and to other teams it does not exist', async () => {
    const ben = await s.user('ben', { other: 'developer' })
    for (const ref of ['u1', id, id.slice(0, 12), id.slice(0, 4)]) expect(await ann.ok('GET', `/containers/${ref}`)).toMatchObject({ id })
    const [foreign, missing] = [await ben.fails('GET', `/containers/${id}`), await ben.fails('GET', `/containers/${'0'.repeat(64)}`)]
    expect({ ...foreign, requestId: '' }).toEqual({ ...missing, requestId: '' })
  })
})
