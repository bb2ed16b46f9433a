/** Delivered and dropped is all that was produced, for whatever kind and however slow its reader is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  EventRecord,
  LogRecord,
  LogSkipped,
  StatsRecord,
  Streams,
  TopRecord,
  WatchRecord,
} from '../../clients/typescript/src/streams/index.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { type Actor, runContainer, type Scenario, scenario, type Team, withCmd, withName } from '../support/scenario.js'
import { engineOf, ownedContainer, type RawSocket, rawSocket, streamsOf, until } from './support.js'

/** The least that a window may be. */
const CREDIT = 1_024

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  team = await s.team('sums')
  ann = await s.user('ann', { sums: 'developer' })
  streams = streamsOf(ann)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

/** Takes as little as may be, when it comes to it: after pauses of any length. */
class SlowReader implements Disposable {
  private given = 0

  private constructor(
    private readonly raw: RawSocket,
    private readonly streamId: string,
  ) {}

  static async open(kind: string, params: object): Promise<SlowReader> {
    const raw = await rawSocket(s.url, { token: ann.accessToken })
    const { ok, streamId, error } = await raw.ask('stream:open', { kind, params: { ...params, credit: CREDIT } })
    expect(ok, JSON.stringify(error)).toBe(true)
    return new SlowReader(raw, streamId)
  }

  records<R>(): R[] {
    return this.raw.of('stream:data').flatMap(({ frames }) => frames as R[])
  }

  get gaps(): object[] {
    return this.raw.of('stream:gap')
  }

  /** Its window is used up, so that what comes waits for it. */
  get isFull(): boolean {
    return this.bytes >= CREDIT + this.given
  }

  /** Gives back what it has taken, in bits, until it has seen what it waits for. */
  async readUntil(what: string, seen: () => boolean, { most = 4_096, pause = 30 } = {}): Promise<void> {
    await until(
      what,
      async () => {
        if (seen()) return true
        await new Promise((wake) => setTimeout(wake, Math.random() * pause))
        const bytes = Math.min(this.bytes - this.given, Math.ceil(Math.random() * most))
        if (bytes > 0) await this.raw.ask('stream:credit', { streamId: this.streamId, bytes })
        this.given += bytes
        return false
      },
      50_000,
    )
  }

  get ended(): boolean {
    return this.raw.end(this.streamId) !== undefined
  }

  [Symbol.dispose](): void {
    this.raw.socket.disconnect()
  }

  private get bytes(): number {
    return this.raw.of('stream:data').reduce((sum, { bytes }) => sum + (bytes as number), 0)
  }
}

describe('a slow reader', () => {
  it('of a log gets every line: those that match, and the number of those that do not', async () => {
    const count = 4_000
    const script = `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "$i $((i % 7))"; [ $((i % 100)) = 0 ] && usleep 20000; done`
    const box = await ownedContainer(s, team, { Cmd: ['sh', '-c', script], HostConfig: {} })
    using all = await SlowReader.open('container.logs', { containers: [box.id], follow: true })
    using some = await SlowReader.open('container.logs', { containers: [box.id], follow: true, regex: ' [03]$' })
    await all.readUntil('the end of all', () => all.ended, { most: 65_536 })
    await some.readUntil('the end of some', () => some.ended)
    const numbers = (reader: SlowReader) =>
      reader.records<LogRecord>().flatMap(({ type, text }) => (type === 'log' ? [Number.parseInt(String(text), 10)] : []))
    const whole = Array.from({ length: count }, (_, index) => index + 1)
    expect(numbers(all)).toEqual(whole)
    expect(numbers(some)).toEqual(whole.filter((number) => number % 7 === 0 || number % 7 === 3))
    const skipped = some
      .records<LogRecord | LogSkipped>()
      .reduce((sum, record) => sum + (record.type === 'skipped' ? record.count : (record.skipped ?? 0)), 0)
    expect(numbers(some).length + skipped).toBe(count)
    expect([...all.gaps, ...some.gaps]).toEqual([])
  })

  it.each(['container.stats', 'container.top'] as const)('of %s gets the newest, and the number of those before', async (kind) => {
    const box = await ownedContainer(s, team)
    const fast = await streams.open(kind, { container: box.id, interval: 1 })
    const produced: string[] = []
    const reading = (async () => {
      for await (const record of fast) if ('time' in record) produced.push(record.time)
    })()
    using slow = await SlowReader.open(kind, { container: box.id, interval: 1 })
    const shown = () => slow.records<StatsRecord | TopRecord>()
    await until('its window is used up', () => slow.isFull, 30_000)
    const before = produced.length
    await until('more that it does not take', () => produced.length >= before + 4, 20_000)
    await slow.readUntil('something that is left out', () => shown().some(({ dropped = 0 }) => dropped > 0), { most: 100_000 })
    const seen = shown()
    await until('the fast one has as much', () => produced.includes(seen.at(-1)!.time))
    await fast.close()
    await reading
    const between = produced.slice(produced.indexOf(seen[0]!.time), produced.indexOf(seen.at(-1)!.time) + 1)
    const accounted = seen.slice(1).reduce((sum, { dropped = 0 }) => sum + 1 + dropped, 1)
    expect(accounted).toBe(between.length)
  })

  it('of events gets each of them once', async () => {
    const box = await ownedContainer(s, team)
    using slow = await SlowReader.open('system.events', { team: team.name, filters: { kind: ['container'], name: [box.id] } })
    const from = new Date().toISOString()
    // a signal that nobody minds: pause and unpause right after each other are refused by the engine
    for (let turn = 0; turn < 80; turn++) await engineJson(bed().socketPath, 'POST', `/containers/${box.id}/kill?signal=WINCH`)
    await until('its window is used up', () => slow.isFull)
    interface Page {
      items: EventRecord[]
    }
    const kept = async () =>
      (await ann.ok<Page>('GET', `/system/events?since=${from}&name=${box.id}&limit=1000`)).items.filter(({ action }) => action === 'kill')
    await until('all are recorded', async () => (await kept()).length === 80)
    const shown = () => slow.records<EventRecord>().filter(({ action }) => action === 'kill')
    await slow.readUntil('the last', () => shown().length >= 80)
    expect(shown().map(({ cursor }) => cursor)).toEqual((await kept()).map(({ cursor }) => cursor))
    expect(slow.gaps).toEqual([])
  })

  it('of the list of containers ends with what there is', async () => {
    using slow = await SlowReader.open('containers.watch', { team: team.name })
    const made = await Promise.all(
      Array.from({ length: 6 }, (_, index) => runContainer(ann, withName(`w${index}`), withCmd('sleep', '600'))),
    )
    for (const { id } of made.slice(0, 4)) await engineJson(bed().socketPath, 'POST', `/containers/${id}/pause`)
    for (const { id } of made.slice(0, 2)) await engineJson(bed().socketPath, 'POST', `/containers/${id}/unpause`)
    for (const { id } of made.slice(4)) await engineOf(s).containers.remove(id, { force: true })
    interface Listed {
      items: { id: string; state: { status: string } }[]
    }
    const truth = async () =>
      new Map(
        (await ann.ok<Listed>('GET', `/containers?all=true&team=${team.name}&limit=1000`)).items.map(({ id, state }) => [id, state.status]),
      )
    let known = await truth()
    await until('the list without the removed', async () => made.slice(4).every(({ id }) => !known.has(id)) || !(known = await truth()))
    const shown = () => {
      const list = new Map<string, string>()
      for (const record of slow.records<WatchRecord>()) {
        if (record.type === 'container') list.set(record.container.id, record.container.state.status)
        if (record.type === 'removed') list.delete(record.id)
      }
      return list
    }
    await slow.readUntil('the same list', () => {
      const list = shown()
      return list.size === known.size && [...known].every(([id, status]) => list.get(id) === status)
    })
  })
})
