/**
 * S19. The course: `docker logs`. Fetched by tail, since, until, with timestamps; followed live; several containers in one
 * stream; and searched on the server.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogRecord, LogStream, Streams } from '../../clients/typescript/src/streams/index.js'
import { streamsOf, until } from '../streams/support.js'
import { type Actor, runContainer, type Scenario, scenario, withCmd, withName } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let streams: Streams

/** Counts, a line every tenth of a second; every fifth one is an error. */
const COUNT = 'i=0; while :; do i=$((i+1)); [ $((i % 5)) = 0 ] && echo "ERROR number $i" >&2 || echo "INFO number $i"; usleep 100000; done'

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  streams = streamsOf(ann)
  await runContainer(ann, withName('u1'), withCmd('sh', '-c', COUNT))
  await runContainer(ann, withName('u2'), withCmd('sh', '-c', COUNT))
  await until('some lines', async () => (await text('u1')).includes('number 12'), 20_000)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

const text = async (name: string, query = '') => (await ann.http.get(`/containers/${name}/logs?${query}`).buffer(true).expect(200)).text

async function take(logs: LogStream, count: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of logs) if (record.type === 'log' && records.push(record) === count) break
  return records
}

describe('s19: the output of a container', () => {
  it('is fetched, all of it or its end', async () => {
    expect(await text('u1')).toMatch(/^INFO number 1\nINFO number 2\n/)
    expect((await text('u1', 'tail=3')).trimEnd().split('\n')).toHaveLength(3)
    expect(await text('u1', 'stdout=false')).toMatch(/^ERROR number 5\nERROR number 10\n/)
  })

  it('is fetched by time', async () => {
    const lines = (await text('u1', 'timestamps=true')).trimEnd().split('\n')
    const [from, to] = [lines[2]!.split(' ')[0]!, lines[6]!.split(' ')[0]!]
    const some = (await text('u1', `timestamps=true&since=${from}&until=${to}`)).trimEnd().split('\n')
    expect(some).toEqual(lines.slice(2, 2 + some.length))
    expect(some.length).toBeGreaterThanOrEqual(4)
  })

  it('is followed live', async () => {
    const logs = await streams.logs({ containers: ['u1'], follow: true, tail: 2 })
    const numbers = (await take(logs, 12)).map((record) => Number(/\d+$/.exec(String(record.text))![0]))
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index))
  })

  it('of several containers comes in one stream, in the order of time', async () => {
    const records = await take(await streams.logs({ containers: ['u1', 'u2'], follow: true, tail: 5 }), 40)
    expect(new Set(records.map(({ name }) => name))).toEqual(new Set(['u1', 'u2']))
    const times = records.map(({ time }) => time)
    expect(times).toEqual(times.toSorted())
  })

  it('is searched on the server, what was and what comes', async () => {
    const errors = await take(await streams.logs({ containers: ['u1'], follow: true, level: 'error' }), 6)
    expect(errors.map((record) => record.text)).toEqual([5, 10, 15, 20, 25, 30].map((n) => `ERROR number ${n}`))
    expect(errors[0]).toMatchObject({ level: 'error', stream: 'stderr' })
    const found = await take(await streams.logs({ containers: ['u1', 'u2'], regex: 'number (1|11)$' }), 4)
    expect(found.map((record) => `${record.name} ${String(record.text)}`).toSorted()).toEqual([
      'u1 INFO number 1',
      'u1 INFO number 11',
      'u2 INFO number 1',
      'u2 INFO number 11',
    ])
  })
})
