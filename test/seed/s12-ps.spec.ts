/**
 * S12. The course: `docker ps`, `-a`, `-l`, `-n 2`, `-q`, and later its filters: which containers are there.
 */
import { connectStreams } from '../../clients/typescript/src/index.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BASE_IMAGE,
  runContainer,
  scenario,
  type Actor,
  type Scenario,
  withCmd,
  withName,
  withoutStart,
  withPort,
  withSpec,
} from '../support/scenario.js'
import { eventually } from './support.js'

let s: Scenario
let ann: Actor

interface Container {
  readonly id: string
  readonly name: string
  readonly image: { readonly reference: string }
  readonly commandLine: string
  readonly state: { readonly status: string }
  readonly size?: { readonly writable: number; readonly total: number }
}

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('other')
  ann = await s.user('ann', { course: 'developer' })
  const ben = await s.user('ben', { other: 'developer' })
  await runContainer(ben, withName('theirs'))
  // in this order, as the course goes on
  await runContainer(ann, withName('u1'), withCmd('sh', '-c', 'exit 3'))
  await runContainer(ann, withName('u2'), withCmd('sleep', '300'), withPort(80), withSpec({ labels: { tier: 'front' } }))
  await runContainer(ann, withName('u3'), withoutStart(), withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/data' }] }))
  await runContainer(ann, withName('u4'), withSpec({ healthcheck: { test: ['CMD', 'true'], interval: 1 }, labels: { tier: 'back' } }))
  await ann.ok('POST', '/containers/u4/pause')
  await eventually(async () => expect((await ann.ok<Container>('GET', '/containers/u1')).state.status).toBe('exited'))
})
afterAll(() => s?.end())

const ps = async (query = '') => (await ann.ok<{ items: Container[] }>('GET', `/containers${query}`)).items
const names = async (query = '') => (await ps(query)).map(({ name }) => name)

describe('s12: which containers are there', () => {
  it('docker ps: those that run, newest first', async () => {
    const items = await ps()
    expect(items.map(({ name }) => name)).toEqual(['u4', 'u2'])
    expect(items[1]).toMatchObject({ image: { reference: BASE_IMAGE }, commandLine: 'sleep 300', state: { status: 'running' } })
  })

  it('docker ps -a: all of them; -l: the last; -n 2: the last two', async () => {
    expect(await names('?all=true')).toEqual(['u4', 'u3', 'u2', 'u1'])
    expect(await names('?latest=true')).toEqual(['u4'])
    expect(await names('?last=2')).toEqual(['u4', 'u3'])
  })

  it('docker ps -aq: ids alone are a map away, and each of them, shortened too, is a reference', async () => {
    for (const { id, name } of await ps('?all=true')) {
      expect(id).toMatch(/^[0-9a-f]{64}$/)
      expect(await ann.ok<Container>('GET', `/containers/${id.slice(0, 12)}`)).toMatchObject({ name })
    }
  })

  it('docker ps -as: with what each has written to the disk', async () => {
    for (const { size } of await ps('?all=true&size=true')) {
      expect(size!.writable).toBeGreaterThanOrEqual(0)
      expect(size!.total).toBeGreaterThan(1_000_000)
    }
  })

  it.each<[string, string[]]>([
    ['status=exited', ['u1']],
    ['status=created&status=paused', ['u4', 'u3']],
    ['exited=3', ['u1']],
    ['exited=0', []],
    ['name=u', ['u4', 'u2']],
    ['name=u1&all=true', ['u1']],
    ['label=tier', ['u4', 'u2']],
    ['label=tier=front', ['u2']],
    ['publish=80', ['u2']],
    ['publish=70-90/tcp', ['u2']],
    ['publish=81', []],
    ['expose=80/udp', []],
    ['volume=data&all=true', ['u3']],
    ['volume=/data&all=true', ['u3']],
    ['network=default', ['u4', 'u2']],
    ['before=u3&all=true', ['u2', 'u1']],
    ['since=u3&all=true', ['u4']],
    [`ancestor=${encodeURIComponent(BASE_IMAGE)}`, ['u4', 'u2']],
    ['ancestor=nothing:1', []],
    ['status=paused&label=tier=front', []],
  ])('docker ps --filter: %s', async (query, expected) => {
    expect(await names(`?${query}`)).toEqual(expected)
  })

  it('a filter that it does not know is an error, not a longer list', async () => {
    expect(await ann.fails('GET', '/containers?colour=blue')).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/query/colour' }],
    })
  })

  it('the list goes page by page, and other teams have their own', async () => {
    const first = await ann.ok<{ items: Container[]; nextCursor: string }>('GET', '/containers?all=true&limit=3&sort=name')
    expect(first.items.map(({ name }) => name)).toEqual(['u1', 'u2', 'u3'])
    const rest = await ann.ok<{ items: Container[]; nextCursor: string | null }>(
      'GET',
      `/containers?all=true&limit=3&sort=name&cursor=${encodeURIComponent(first.nextCursor)}`,
    )
    expect([rest.items.map(({ name }) => name), rest.nextCursor]).toEqual([['u4'], null])
  })

  it('the list that updates by itself tells of a new one, and of its end', async () => {
    const streams = connectStreams({ url: s.url, token: ann.accessToken! })
    try {
      const stream = await streams.open('containers.watch', {})
      const seen: string[] = []
      const reading = (async () => {
        for await (const record of stream)
          if (record.type === 'container') seen.push(`${record.container.name} ${record.container.state.status}`)
          else if (record.type === 'removed') seen.push(`${record.name} is gone`)
          else if (record.type === 'state') seen.push(record.state)
      })()
      await eventually(async () => expect(seen).toContain('following'))
      // what there is comes first
      expect(seen.slice(0, seen.indexOf('following')).sort()).toEqual(['u1 exited', 'u2 running', 'u3 created', 'u4 paused'])
      await runContainer(ann, withName('u5'))
      await eventually(async () => expect(seen).toContain('u5 running'))
      await ann.http.delete('/containers/u5?force=true').expect(204)
      await eventually(async () => expect(seen).toContain('u5 is gone'))
      expect(seen.some((line) => line.startsWith('theirs'))).toBe(false)
      await stream.close()
      await reading
    } finally {
      streams.close()
    }
  })
})
