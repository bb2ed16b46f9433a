import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogRecord, LogSkipped, LogStream, Streams } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { ownedContainer, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  team = await s.team('search')
  ann = await s.user('ann', { search: 'viewer' })
  streams = streamsOf(ann)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

async function all(logs: LogStream): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of logs) if (record.type === 'log') records.push(record)
  return records
}

describe('a search', () => {
  it('finds in text that is not UTF-8, in long lines, and with the same cursor as without', async () => {
    const script = `printf 'gr\\374n needle\\n'; head -c 100000 /dev/zero | tr '\\0' x; echo ' needle at the end'; echo 'NEEDLE ü'; echo hay`
    const box = await ownedContainer(s, team, { Cmd: ['sh', '-c', script], HostConfig: {} })
    await until('its end', async () => (await all(await streams.logs({ containers: [box.id] }))).length === 4)
    const found = await all(await streams.logs({ containers: [box.id], search: 'needle' }))
    const every = await all(await streams.logs({ containers: [box.id] }))
    expect(found).toEqual(every.slice(0, 3))
    // only the head of a line is looked at by an expression
    const matched = await all(await streams.logs({ containers: [box.id], regex: '(?i)needle' }))
    expect(matched).toEqual([every[0], { ...every[2], skipped: 1 }])
  })

  it('goes on behind what did not match, also after a cut', async () => {
    const script = 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "line $i"; [ $((i % 100)) = 0 ] && sleep 1.2; done; sleep 60'
    const box = await ownedContainer(s, team, { Cmd: ['sh', '-c', script] })
    const logs = await streams.logs({ containers: [box.id], follow: true, search: 'line 250' })
    const skipped: LogSkipped[] = []
    const found: LogRecord[] = []
    const reading = (async () => {
      for await (const record of logs) {
        if (record.type === 'skipped') skipped.push(record)
        if (record.type === 'log') found.push(record)
        if (found.length === 1) break
      }
    })()
    await until('it has told of what it left out', () => skipped.length > 0)
    const place = logs.cursor[box.id]!.stdout!
    expect(place[0] > '2020').toBe(true)
    streams.socket.io.engine.close()
    await reading
    expect(found.map(({ text }) => text)).toEqual(['line 250'])
  })

  it('takes JSON lines apart where it is asked to', async () => {
    const lines = ['{"level":50,"msg":"broken","n":1}', 'level=debug quiet', 'plain']
    const box = await ownedContainer(s, team, { Cmd: ['printf', '%s\\n', ...lines], HostConfig: {} })
    const read = async () => all(await streams.logs({ containers: [box.id], parse: true }))
    await until('its end', async () => (await read()).length === 3)
    expect(await read()).toMatchObject([
      { json: true, level: 'error', message: 'broken', text: lines[0] },
      { level: 'debug' },
      { text: 'plain' },
    ])
    expect((await read())[2]).not.toHaveProperty('level')
  })

  it.each([
    ['an expression that is none', { regex: '(' }, '/params/regex'],
    ['look-around', { regex: '(?=a)' }, '/params/regex'],
    ['an empty text', { search: '' }, '/params/search'],
    ['a level that there is not', { level: 'loud' }, '/params/level'],
  ])('refuses %s', async (_, extra, pointer) => {
    const box = await ownedContainer(s, team)
    await expect(streams.logs({ containers: [box.id], ...(extra as object) })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer }],
    })
  })
})
