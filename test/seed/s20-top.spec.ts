/**
 * S20. The course: `docker top`. The process list, once and as a stream.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Streams, TopRecord } from '../../clients/typescript/src/streams/index.js'
import { streamsOf } from '../streams/support.js'
import { type Actor, runContainer, type Scenario, scenario, withCmd, withName } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  streams = streamsOf(ann)
  await runContainer(ann, withName('u1'), withCmd('sh', '-c', 'sleep 1000 & wait'))
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

interface Processes {
  readonly titles: string[]
  readonly processes: string[][]
}

/** The commands of a list, by the column of that name. */
function commands({ titles, processes }: { titles: readonly string[]; processes: readonly (readonly string[])[] }): string[] {
  const column = titles.findIndex((title) => /^(CMD|COMMAND)$/.test(title))
  return processes.map((row) => row[column]!)
}

describe('s20: the processes of a container', () => {
  it('once', async () => {
    const list = await ann.ok<Processes>('GET', '/containers/u1/top')
    expect(list.titles).toEqual(expect.arrayContaining(['PID', 'PPID']))
    expect(commands(list)).toEqual(expect.arrayContaining(['sleep 1000']))
  })

  it('as a stream that shows a process come and go', async () => {
    const top = await streams.open('container.top', { container: 'u1', interval: 1 })
    const exec = await streams.exec({ container: 'u1', command: ['sleep', '2000'] })
    const seen: boolean[] = []
    for await (const record of top) {
      const running = commands(record as TopRecord).includes('sleep 2000')
      if (running && !seen.includes(true)) void exec.close()
      seen.push(running)
      if (!running && seen.includes(true)) break
    }
    expect(seen).toContain(true)
    expect(seen.at(-1)).toBe(false)
  })

  it('of a container that has stopped is an error that says so', async () => {
    await ann.ok('POST', '/containers/u1/stop?timeout=0')
    expect(await ann.fails('GET', '/containers/u1/top')).toMatchObject({ status: 409, code: 'container_not_running' })
    await expect(streams.open('container.top', { container: 'u1' })).rejects.toMatchObject({ code: 'container_not_running' })
  })
})
