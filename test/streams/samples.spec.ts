import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatsRecord, Streams, TopRecord } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { engineOf, type Owned, ownedContainer, rawSocket, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams
let busy: Owned

beforeAll(async () => {
  s = await scenario()
  team = await s.team('samples')
  ann = await s.user('ann', { samples: 'viewer' })
  streams = streamsOf(ann)
  busy = await ownedContainer(s, team, { Cmd: ['sh', '-c', 'while :; do :; done'] })
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

/** The first n records of a stream, which it then closes. */
async function first<R>(n: number, stream: AsyncIterable<unknown>): Promise<R[]> {
  const records: R[] = []
  for await (const record of stream) if (records.push(record as R) === n) break
  return records
}

/** Calls that the engine has open, counted where they all go through. */
function openCalls(): number {
  return (engineOf(s) as unknown as { transport: { openSockets: number } }).transport.openSockets
}

describe('container.stats', () => {
  it('shows what a busy container uses, in the figures of docker stats', async () => {
    const stats = await streams.open('container.stats', { container: busy.name })
    const [sample] = await first<StatsRecord>(1, stats)
    expect(sample).toMatchObject({ type: 'stats', container: busy.id, name: busy.name, pids: expect.any(Number) as number })
    expect(sample!.cpu.percent).toBeGreaterThan(5)
    expect(sample!.cpu.percent).toBeCloseTo(sample!.cpu.cores * 100, 0)
    expect(sample!.memory.used).toBeGreaterThan(0)
    expect(sample!.memory.limit).toBeGreaterThan(sample!.memory.used)
    expect(Date.parse(sample!.time)).toBeGreaterThan(Date.now() - 60_000)
  })

  it('counts what goes over the network', async () => {
    const [before] = await first<StatsRecord>(1, await streams.open('container.stats', { container: busy.id }))
    expect(before!.network).toEqual({ received: expect.any(Number) as number, sent: expect.any(Number) as number })
    expect(before!.blockIo).toEqual({ read: expect.any(Number) as number, written: expect.any(Number) as number })
  })

  it('has one upstream, however many look, and none soon after', async () => {
    const base = openCalls()
    const all = await Promise.all(Array.from({ length: 10 }, () => streams.open('container.stats', { container: busy.id })))
    for (const samples of await Promise.all(all.map((stats) => first<StatsRecord>(1, stats)))) expect(samples[0]!.type).toBe('stats')
    expect(openCalls()).toBeLessThanOrEqual(base + 1)
    await until('the upstream is closed', () => openCalls() <= base)
  })

  it('ends with the container', async () => {
    const short = await ownedContainer(s, team)
    const stats = await streams.open('container.stats', { container: short.name })
    await engineOf(s).containers.kill(short.id)
    expect(await stats.ended).toMatchObject({ reason: 'container_exited' })
    await expect(streams.open('container.stats', { container: short.name })).rejects.toMatchObject({ code: 'container_not_running' })
  })

  it('gives a slow reader the newest and says what it left out', async () => {
    const raw = await rawSocket(s.url, { token: ann.accessToken })
    // so small that the window is used up by a few samples
    const ack = await raw.ask('stream:open', { kind: 'container.stats', params: { container: busy.id, credit: 1024 } })
    const frames = () => raw.of('stream:data').flatMap(({ frames }) => frames as StatsRecord[])
    await until('the window is full', () => raw.of('stream:data').reduce((sum, { bytes }) => sum + (bytes as number), 0) >= 1024, 30_000)
    const seen = frames().length
    const last = frames().at(-1)!
    const other = await streams.open('container.stats', { container: busy.id })
    await first(4, other)
    expect(frames()).toHaveLength(seen)
    await raw.ask('stream:credit', { streamId: ack.streamId, bytes: 10_000 })
    await until('it goes on', () => frames().length > seen)
    // one was taken before the window closed, perhaps
    const next =
      frames()
        .slice(seen)
        .find(({ dropped }) => dropped !== undefined) ?? frames()[seen]!
    await until('what was left out is told', () => frames().some(({ dropped = 0 }) => dropped > 0))
    expect(Date.parse(next.time)).toBeGreaterThan(Date.parse(last.time))
    raw.socket.disconnect()
  })

  it.each([
    ['no interval', { interval: 0 }, '/params/interval'],
    ['half a second', { interval: 0.5 }, '/params/interval'],
    ['a field of another kind', { tail: 5 }, '/params/tail'],
  ])('refuses %s', async (_, extra, pointer) => {
    await expect(streams.open('container.stats', { container: busy.id, ...extra })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer }],
    })
  })
})

describe('container.top', () => {
  it('lists the processes as often as it is asked to', async () => {
    const top = await streams.open('container.top', { container: busy.name, interval: 1 })
    const lists = await first<TopRecord>(3, top)
    for (const { titles, processes, name } of lists) {
      expect(name).toBe(busy.name)
      expect(titles).toContain('PID')
      expect(processes.flat().join(' ')).toContain('while :')
    }
    expect(Date.parse(lists[2]!.time) - Date.parse(lists[0]!.time)).toBeGreaterThanOrEqual(1_500)
  })

  it('asks the engine once for all readers, at the pace of the fastest', async () => {
    const { containers } = engineOf(s)
    const ask = containers.top.bind(containers)
    let asked = 0
    containers.top = (...args) => {
      asked++
      return ask(...args)
    }
    try {
      const slow = await streams.open('container.top', { container: busy.id, interval: 60 })
      const fast = await streams.open('container.top', { container: busy.id, interval: 1 })
      const also = await streams.open('container.top', { container: busy.id, interval: 1 })
      const [[old], lists] = await Promise.all([first<TopRecord>(1, slow), first<TopRecord>(3, fast), first<TopRecord>(3, also)])
      expect(old!.type).toBe('top')
      expect(lists).toHaveLength(3)
      expect(asked).toBeLessThanOrEqual(4)
    } finally {
      containers.top = ask
    }
  })

  it('ends with the container', async () => {
    const short = await ownedContainer(s, team)
    const top = await streams.open('container.top', { container: short.id, interval: 1 })
    await engineOf(s).containers.remove(short.id, { force: true })
    expect((await top.ended).reason).toMatch(/^container_(exited|removed)$/)
  })
})
