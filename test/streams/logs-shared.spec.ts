import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LogFeeds } from '../../src/containers/logs/logs-feed.js'
import type { LogRecord, LogStream, Streams } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { engineOf, ownedContainer, rawSocket, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  team = await s.team('shared')
  ann = await s.user('ann', { shared: 'viewer' })
  streams = streamsOf(ann)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

const feeds = () => s.gateway.app.get(LogFeeds, { strict: false })
/** Numbers its lines on both outputs, so many each, with a pause after each so many. */
const writer = (count: number, every: number, pause: number) =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "out $i"; echo "err $i" >&2; [ $((i % ${every})) = 0 ] && usleep ${pause}; done; sleep 1`
const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Reads to the end; the numbers of each output in the order that they came. */
async function numbers(logs: LogStream) {
  const seen = { stdout: [] as number[], stderr: [] as number[], gaps: 0 }
  for await (const record of logs) {
    if (record.type === 'gap') seen.gaps++
    if (record.type === 'log') seen[record.stream].push(Number(String(record.text).split(' ')[1]))
  }
  return seen
}

describe('many readers of one log', () => {
  it('go on from what is kept when they come back at once: the engine is not asked again', async () => {
    const box = await ownedContainer(s, team, { Cmd: ['sh', '-c', writer(300, 5, 20_000)], HostConfig: {} })
    const logs = await streams.logs({ containers: [box.id], follow: true })
    const seen: number[] = []
    const reading = (async () => {
      for await (const record of logs)
        if (record.type === 'log' && record.stream === 'stdout') seen.push(Number(String(record.text).split(' ')[1]))
    })()
    await until('some lines', () => seen.length > 60)
    const { containers } = engineOf(s)
    const ask = containers.logs.bind(containers)
    let asked = 0
    containers.logs = (...args) => {
      asked++
      return ask(...args)
    }
    try {
      streams.socket.io.engine.close()
      await until('more lines', () => seen.length > 120)
      expect(asked).toBe(0)
    } finally {
      containers.logs = ask
    }
    await reading
    expect(seen).toEqual(numbered(300))
  })

  it('share one follower, and each gets every line once', async () => {
    const box = await ownedContainer(s, team, { Cmd: ['sh', '-c', writer(2_000, 20, 20_000)], HostConfig: {} })
    const readers = await Promise.all(Array.from({ length: 15 }, () => streams.logs({ containers: [box.id], follow: true })))
    expect(feeds().size).toBe(1)
    const reading = readers.map(numbers)
    await new Promise((done) => setTimeout(done, 700))
    // comes late, with all that was
    reading.push(numbers(await streams.logs({ containers: [box.id], follow: true })))
    expect(feeds().size).toBe(1)
    for (const seen of await Promise.all(reading)) expect(seen).toEqual({ stdout: numbered(2_000), stderr: numbered(2_000), gaps: 0 })
    await until('the follower is gone', () => feeds().size === 0)
  })

  it('are not slowed down by one that is frozen, who misses nothing either', async () => {
    const box = await ownedContainer(s, team, {
      Cmd: [
        'sh',
        '-c',
        `read() { head -c 120 /dev/zero | tr '\\0' x; }; L=$(read); i=0; while [ $i -lt 40000 ]; do i=$((i+1)); echo "out $i $L"; done; sleep 2`,
      ],
      HostConfig: {},
    })
    const raw = await rawSocket(s.url, { token: ann.accessToken })
    const frozen = await raw.ask('stream:open', { kind: 'container.logs', params: { containers: [box.id], follow: true, credit: 16_384 } })
    const healthy = await numbers(await streams.logs({ containers: [box.id], follow: true }))
    expect(healthy.stdout).toEqual(numbered(40_000))
    const got = () =>
      raw.of('stream:data').flatMap(({ frames }) => (frames as LogRecord[]).map(({ text }) => Number(String(text).split(' ')[1])))
    expect(got().length).toBeLessThan(1_000)
    await raw.ask('stream:credit', { streamId: frozen.streamId, bytes: 16_000_000 })
    await until('it has caught up', () => raw.end(frozen.streamId), 30_000)
    expect(got()).toEqual(numbered(40_000))
    expect(raw.of('stream:gap')).toEqual([])
    raw.socket.disconnect()
  })

  it('see the first line of a quiet container at once', async () => {
    const box = await ownedContainer(s, team, { Cmd: ['sh', '-c', 'sleep 1; echo out 1; sleep 2; echo err 2 >&2; sleep 30'] })
    const logs = await streams.logs({ containers: [box.id], follow: true })
    const texts: unknown[] = []
    const reading = (async () => {
      for await (const record of logs) {
        if (record.type === 'log') texts.push(record.text)
        if (texts.length === 2) break
      }
    })()
    await until('the first', () => texts.length === 1, 4_000)
    await reading
    expect(texts).toEqual(['out 1', 'err 2'])
  })

  it('get only what is new where they ask for no history', async () => {
    const box = await ownedContainer(s, team, {
      Cmd: ['sh', '-c', 'echo old >&2; i=0; while :; do i=$((i+1)); echo "out $i"; usleep 50000; done'],
    })
    await new Promise((done) => setTimeout(done, 500))
    const logs = await streams.logs({ containers: [box.id], follow: true, tail: 0 })
    const texts: string[] = []
    for await (const record of logs) if (record.type === 'log' && texts.push(String(record.text)) === 5) break
    const first = Number(texts[0]!.split(' ')[1])
    expect(first).toBeGreaterThan(3)
    expect(texts).toEqual([0, 1, 2, 3, 4].map((n) => `out ${first + n}`))
  })
})
