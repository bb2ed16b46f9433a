import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventRecord } from '../../clients/typescript/src/streams/index.js'
import { EventStore } from '../../src/store/events.store.js'
import { run } from '../networks/support.js'
import { rawSocket, streamsOf, until as eventually } from '../streams/support.js'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { type Actor, runContainer, scenario, type Scenario, type Team, withName, withoutStart } from '../support/scenario.js'
import { type Event, eventsOf, here, line, recorded, until } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
})
afterAll(() => s?.end())

const volume = (actor: Actor, name: string) => actor.ok('POST', '/volumes', { name })
async function collect(records: AsyncIterable<object>, into: EventRecord[]): Promise<void> {
  for await (const record of records) if ('kind' in record) into.push(record as EventRecord)
}
const lines = (records: readonly object[]) => records.map((record) => line(record as Event))

describe('system.events', () => {
  it('tells what happens, to those whose it is', async () => {
    const streams = [streamsOf(ann), streamsOf(ben)]
    const seen: EventRecord[][] = [[], []]
    const opened = await Promise.all(streams.map((each) => each.open('system.events', {})))
    opened.forEach((stream, at) => void collect(stream, seen[at]!))
    await volume(ann, 'hers')
    await volume(ben, 'his')
    await eventually('both', () => seen.every((events) => events.length > 0))
    expect(seen.map(lines)).toEqual([['volume create hers'], ['volume create his']])
    expect(seen[0]![0]).toMatchObject({ type: 'event', team: alpha.name, cursor: expect.any(String) })
    for (const each of streams) each.close()
  })

  it('goes on after a cursor: nothing lost, nothing twice, across a restart of the gateway and what happens meanwhile', async () => {
    const from = await here(ann)
    await runContainer(ann, withName('before'), withoutStart())
    const created = await until(ann, from, (events) => events.some(({ name }) => name === 'before'))
    const first = created.find(({ name }) => name === 'before')!
    const web = await runContainer(ann, withName('web'))
    await until(ann, from, (events) => events.some(({ action, name }) => action === 'start' && name === 'web'))
    await recorded(s)
    await s.gateway.halt()
    for (const path of ['stop?t=0', 'start']) await engineCall(bed().socketPath, 'POST', `/containers/${web.id}/${path}`)
    await s.gateway.listen()
    await runContainer(ann, withName('after'), withoutStart())
    using socket = await rawSocket(s.url, { token: ann.accessToken })
    const params = { cursor: first.cursor, filters: { kind: ['container'] } }
    const ack = await socket.ask('stream:open', { kind: 'system.events', params })
    expect(ack).toMatchObject({ ok: true, cursor: first.cursor })
    const frames = () => socket.of('stream:data').flatMap((message) => message['frames'] as EventRecord[])
    await eventually('the last', () => frames().some(({ name }) => name === 'after'))
    expect(lines(frames()).filter((each) => !each.includes(' kill '))).toEqual([
      'container create web',
      'container start web',
      'container die web',
      'container stop web',
      'container start web',
      'container create after',
    ])
    expect(socket.of('stream:gap')).toEqual([])
    expect(new Set(frames().map(({ cursor }) => cursor)).size).toBe(frames().length)
  })

  it('hides command lines from the moment on at which a role does not have them any more', async () => {
    const team = await s.team('gamma')
    const cat = await s.user('cat', { gamma: 'developer' })
    const { id } = await runContainer(cat, withName('shell'))
    using socket = await rawSocket(s.url, { token: cat.accessToken })
    await socket.ask('stream:open', { kind: 'system.events', params: { filters: { action: ['exec_create'] } } })
    const frames = () => socket.of('stream:data').flatMap((message) => message['frames'] as EventRecord[])
    await run(s, id, 'echo', 'one')
    await eventually('the first', () => frames().length === 1)
    await s.admin.ok('PUT', `/teams/${team.name}/members/${cat.userId}`, { role: 'viewer' })
    // as long as a decision may be old
    await eventually('the change', async () => {
      await run(s, id, 'echo', 'two')
      return frames().at(-1)!.command === null
    })
    expect(frames()[0]).toMatchObject({ command: 'echo one' })
  })

  it('is cut when the team is lost', async () => {
    const team = await s.team('delta')
    const dan = await s.user('dan', { delta: 'viewer' })
    using socket = await rawSocket(s.url, { token: dan.accessToken })
    const ack = await socket.ask('stream:open', { kind: 'system.events', params: { team: team.name } })
    await s.admin.http.delete(`/teams/${team.name}/members/${dan.userId}`).expect(204)
    await eventually('the cut', () => socket.end(ack.streamId))
    expect(socket.end(ack.streamId)).toMatchObject({ reason: 'revoked' })
  })

  it.each([
    [{ since: 'yesterday' }, '/params/since'],
    [{ cursor: 'x' }, '/params/cursor'],
    [{ filters: { kind: ['planet'] } }, '/params/filters/kind'],
    [{ filters: { label: ['x'] } }, '/params/filters/label'],
    [{ filter: {} }, '/params/filter'],
  ])('refuses %j', async (params, pointer) => {
    using socket = await rawSocket(s.url, { token: ann.accessToken })
    expect(await socket.ask('stream:open', { kind: 'system.events', params })).toMatchObject({
      ok: false,
      error: { code: 'invalid_request', errors: [{ pointer }] },
    })
  })
})

describe('events over plain HTTP', () => {
  async function* ndjson(actor: Actor, query: string, signal?: AbortSignal): AsyncGenerator<Event> {
    const headers = { authorization: `Bearer ${actor.accessToken}`, accept: 'application/x-ndjson' }
    const answer = await fetch(`${s.url}/api/v1/system/events?${query}`, { headers, ...(signal && { signal }) })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson')
    let rest = ''
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop()!
      for (const part of parts) yield JSON.parse(part) as Event
    }
  }

  it('follow as lines: what was, then what comes', async () => {
    const cursor = await here(ann)
    await volume(ann, 'first')
    await until(ann, cursor, (events) => events.length > 0)
    const leaving = new AbortController()
    const events = ndjson(ann, `follow=true&kind=volume&cursor=${cursor}`, leaving.signal)
    expect(line((await events.next()).value as Event)).toBe('volume create first')
    const next = events.next()
    await volume(ann, 'second')
    expect(line((await next).value as Event)).toBe('volume create second')
    leaving.abort()
    await expect(events.next()).rejects.toThrow()
  })

  it('end at the time that was asked for', async () => {
    const cursor = await here(ann)
    await volume(ann, 'timely')
    await until(ann, cursor, (events) => events.length > 0)
    const seen: Event[] = []
    const soon = new Date(Date.now() + 500).toISOString()
    for await (const event of ndjson(ann, `follow=true&cursor=${cursor}&until=${soon}`)) seen.push(event)
    expect(lines(seen)).toEqual(['volume create timely'])
    const past: Event[] = []
    for await (const event of ndjson(ann, `follow=true&cursor=${cursor}&until=2020-01-01T00:00:00Z`)) past.push(event)
    expect(past).toEqual([])
  })
})

describe('a gap', () => {
  it('is told to who reads on from a place that is not kept any more', async () => {
    await volume(ann, 'old')
    const cursor = await here(ann)
    const [old] = (await eventsOf(ann, '?kind=volume&limit=1000')).items.slice(-1)
    for (const name of ['x', 'y', 'z']) await volume(ann, name)
    await until(ann, cursor, (events) => events.some(({ name }) => name === 'z'))
    await s.gateway.app.get(EventStore, { strict: false }).trim(1, '2000-01-01T00:00:00.000Z')
    await s.gateway.restart()
    const { items } = await eventsOf(ann, `?cursor=${old!.cursor}`)
    expect(items).toEqual([
      { type: 'gap', from: old!.time, to: items[1]!.time, reason: 'expired' },
      expect.objectContaining({ type: 'event', name: 'z' }),
    ])
    // from a time, too; but nobody who asks for what there is
    const early = '2020-01-01T00:00:00.000000000Z'
    expect((await eventsOf(ann, `?since=${early}`)).items[0]).toMatchObject({ type: 'gap', from: early, reason: 'expired' })
    expect((await eventsOf(ann, `?since=${items[1]!.time}`)).items.map(({ type }) => type)).not.toContain('gap')
    expect((await eventsOf(ann)).items.map(({ type }) => type)).not.toContain('gap')
    using socket = await rawSocket(s.url, { token: ann.accessToken })
    await socket.ask('stream:open', { kind: 'system.events', params: { cursor: old!.cursor } })
    await eventually('the gap', () => socket.of('stream:data').length > 0)
    expect(socket.of('stream:gap')).toMatchObject([{ from: old!.time, to: items[1]!.time, reason: 'expired' }])
  })
})
