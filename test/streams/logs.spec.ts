import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogCursors, LogRecord, Streams } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { bytesOf, engineOf, ownedContainer, rawSocket, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  team = await s.team('logs')
  ann = await s.user('ann', { logs: 'developer' })
  streams = streamsOf(ann)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

const sh = (script: string) => ({ Cmd: ['sh', '-c', script] })

async function all(stream: AsyncIterable<object>): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of stream) if ((record as LogRecord).type === 'log') records.push(record as LogRecord)
  return records
}

describe('container.logs', () => {
  it.each(
    ['json-file', 'local'].flatMap((Type) => [
      { Type, Tty: false },
      { Type, Tty: true },
    ]),
  )('keeps lines around 16 KiB and of 1 MB to the byte, on both streams, %j', async ({ Type, Tty }) => {
    const sizes = [0, 1, 16_383, 16_384, 16_385, 1_000_000]
    const line = (size: number, letter: string, to: string) => `head -c ${size} /dev/zero | tr '\\0' ${letter} ${to}; echo ${to};`
    const script = sizes.map((size) => line(size, 'a', '') + line(size, 'b', '>&2')).join(' ')
    const { id } = await ownedContainer(s, team, { ...sh(script), Tty, HostConfig: { Init: true, LogConfig: { Type } } })
    const followed = await all(await streams.logs({ containers: [id], follow: true }))
    for (const records of [followed, await all(await streams.logs({ containers: [id] }))]) {
      // a terminal makes one of both, and ends its lines with a carriage return
      const end = Tty ? '\r' : ''
      const of = (letter: string, stream: string) =>
        records.filter((record) => record.stream === stream && (!Tty || String(record.text)[0] === letter)).map(({ text }) => String(text))
      for (const [stream, letter] of [
        ['stdout', 'a'],
        [Tty ? 'stdout' : 'stderr', 'b'],
      ] as const) {
        const wanted = sizes.filter((size) => !Tty || size > 0)
        expect(of(letter, stream).map((text) => text.length - end.length)).toEqual(wanted)
        expect(of(letter, stream).every((text) => text === letter.repeat(text.length - end.length) + end)).toBe(true)
      }
    }
  })

  it('keeps multi-byte text as text, and every other byte as bytes', async () => {
    const octal = Array.from({ length: 256 }, (_, byte) => byte)
      .filter((byte) => byte !== 10)
      .map((byte) => `\\0${byte.toString(8)}`)
      .join('')
    // json-file can't hold what is not UTF-8: the engine itself replaces it
    const HostConfig = { Init: true, LogConfig: { Type: 'local' } }
    const { id } = await ownedContainer(s, team, { ...sh(`echo 'größe 日本 🚢'; echo -e '${octal}'; echo 'größe' >&2`), HostConfig })
    const records = await all(await streams.logs({ containers: [id], follow: true }))
    const stdout = records.filter((record) => record.stream === 'stdout')
    expect(stdout[0]!.text).toBe('größe 日本 🚢')
    expect(stdout[1]!.text).not.toBeTypeOf('string')
    expect([...bytesOf(stdout[1]!)]).toEqual(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10))
    expect(records.find((record) => record.stream === 'stderr')!.text).toBe('größe')
  })

  it('loses no line and repeats none over cuts of the connection', async () => {
    const count = 3_000
    const writer = `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo o$i; echo e$i >&2; [ $((i % 50)) = 0 ] && sleep 0.05; done`
    const { id } = await ownedContainer(s, team, sh(writer))
    const stream = await streams.logs({ containers: [id], follow: true })
    const got: Record<string, string[]> = { stdout: [], stderr: [] }
    let cuts = 0
    for await (const record of stream) {
      if (record.type === 'gap') throw new Error(`a gap: ${JSON.stringify(record)}`)
      if (record.type !== 'log') continue
      got[record.stream]!.push(String(record.text))
      if (got['stdout']!.length % 500 === 250 && record.stream === 'stdout' && cuts < 5) {
        cuts += 1
        streams.socket.io.engine.close()
      }
    }
    expect(cuts).toBe(5)
    expect((await stream.ended).reason).toBe('container_exited')
    expect(got['stdout']).toEqual(Array.from({ length: count }, (_, i) => `o${i + 1}`))
    expect(got['stderr']).toEqual(Array.from({ length: count }, (_, i) => `e${i + 1}`))
  })

  it('resumes behind any cursor that was kept', async () => {
    const { id } = await ownedContainer(s, team, sh('for i in $(seq 1 200); do echo o$i; echo e$i >&2; done'))
    await engineOf(s).containers.wait(id)
    const records = await all(await streams.logs({ containers: [id] }))
    expect(records).toHaveLength(400)
    for (const stop of [1, 57, 200, 333, 399, 400]) {
      const places: Record<string, [string, number]> = {}
      for (const { stream, time, n } of records.slice(0, stop)) places[stream] = [time, n]
      const rest = await all(await streams.logs({ containers: [id], cursor: { [id]: places } }))
      for (const stream of ['stdout', 'stderr']) {
        const texts = (list: LogRecord[]) => list.filter((record) => record.stream === stream).map(({ text }) => text)
        expect([...texts(records.slice(0, stop)), ...texts(rest)]).toEqual(texts(records))
      }
    }
  })

  it('tells of lines that the engine has rotated away', async () => {
    const script =
      'echo first; while [ ! -e /go ]; do sleep 0.05; done; for i in $(seq 1 3000); do echo "line $i of a log that is rotated soon"; done; echo last; sleep 600'
    const { id } = await ownedContainer(s, team, {
      ...sh(script),
      HostConfig: { Init: true, LogConfig: { Type: 'json-file', Config: { 'max-size': '20k', 'max-file': '2' } } },
    })
    await until('the first line', async () => (await all(await streams.logs({ containers: [id] }))).length === 1)
    const [first] = await all(await streams.logs({ containers: [id] }))
    const exec = await streams.exec({ container: id, command: ['touch', '/go'] })
    await exec.exit
    await until('the last line', async () => (await all(await streams.logs({ containers: [id], tail: 1 })))[0]?.text === 'last')
    const seen: object[] = []
    for await (const record of await streams.logs({ containers: [id], cursor: { [id]: { stdout: [first!.time, first!.n] } } }))
      seen.push(record)
    expect(seen[0]).toMatchObject({ type: 'gap', reason: 'rotated', container: id, from: first!.time, to: (seen[1] as LogRecord).time })
    expect((seen.at(-1) as LogRecord).text).toBe('last')
  })

  it('merges several containers in the order of time', async () => {
    const made = await Promise.all(
      ['a', 'b', 'c'].map((letter) => ownedContainer(s, team, sh(`for i in $(seq 1 30); do echo ${letter}$i; sleep 0.01; done`))),
    )
    await Promise.all(made.map(({ id }) => engineOf(s).containers.wait(id)))
    const records = await all(await streams.logs({ containers: made.map(({ name }) => name) }))
    expect(records).toHaveLength(90)
    const times = records.map(({ time }) => time)
    expect(times).toEqual([...times].sort())
  })

  it('ends with its container when it was opened by id', async () => {
    const { id } = await ownedContainer(s, team)
    const stream = await streams.logs({ containers: [id], follow: true })
    await engineOf(s).containers.kill(id)
    expect(await stream.ended).toMatchObject({ reason: 'container_exited' })
  })

  it('goes on with the next container of its name, with a new record in the audit log', async () => {
    const first = await ownedContainer(s, team, sh('echo one; sleep 600'), { name: 'again' })
    const stream = await streams.logs({ containers: ['again'], follow: true })
    const seen: { type: string; text?: unknown; containerId?: string }[] = []
    const reading = (async () => {
      for await (const record of stream) {
        seen.push(record)
        if ((record as LogRecord).text === 'two') return
      }
    })()
    await until('the first line', () => seen.length === 1)
    await engineOf(s).containers.remove(first.id, { force: true })
    await until('the row is ended', async () => (await rowOf(first.id)) === null)
    const second = await ownedContainer(s, team, sh('echo two; sleep 600'), { name: 'again' })
    await reading
    expect(seen.map(({ type, text }) => text ?? type)).toEqual(['one', 'source', 'two'])
    expect(seen[1]!.containerId).toBe(second.id)
    expect(await opened(second.id)).toBe(1)
  })

  it('asks for no history and gets none', async () => {
    const { id } = await ownedContainer(s, team, sh('echo old; while [ ! -e /go ]; do sleep 0.05; done; echo new'))
    await until('the first line', async () => (await all(await streams.logs({ containers: [id] }))).length === 1)
    const stream = await streams.logs({ containers: [id], follow: true, tail: 0 })
    await (
      await streams.exec({ container: id, command: ['touch', '/go'] })
    ).exit
    expect((await all(stream)).map(({ text }) => text)).toEqual(['new'])
  })

  describe('until a time, followed', () => {
    const soon = (ms: number) => new Date(Date.now() + ms).toISOString()

    it.each([
      ['whose container is quiet', true, 'echo a; sleep 600', 'id'],
      ['whose container has stopped, by its name', true, 'echo a', 'name'],
      ['whose container was never started', false, 'echo a', 'id'],
    ] as const)('ends by itself: %s', async (_, start, script, by) => {
      const box = await ownedContainer(s, team, sh(script), { start })
      const stream = await streams.logs({ containers: [box[by]], follow: true, until: soon(2_000) })
      expect((await all(stream)).map(({ text }) => text)).toEqual(start ? ['a'] : [])
      expect(await stream.ended).toMatchObject({ reason: 'ended' })
    })

    // looked at the clock while lines of before waited for it: of 9,000 it had a third
    it('loses nothing to a slow reader', async () => {
      const script =
        'i=0; while :; do i=$((i+1)); echo "line $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; [ $((i % 100)) = 0 ] && sleep 0.05; done'
      const { id } = await ownedContainer(s, team, sh(script))
      const until = soon(3_000)
      const slow = await streams.logs({ containers: [id], follow: true, until, credit: 16_384 })
      const seen: LogRecord[] = []
      for await (const record of slow) {
        if (record.type === 'log') seen.push(record)
        if (seen.length % 100 === 0 && Date.parse(until) > Date.now()) await new Promise((done) => setTimeout(done, 200))
      }
      const wanted = await all(await streams.logs({ containers: [id], until }))
      expect(wanted.length).toBeGreaterThan(1_000)
      expect(seen.map(({ text }) => text)).toEqual(wanted.map(({ text }) => text))
      await engineOf(s).containers.kill(id)
    })
  })

  it('tells of each of several containers that was made anew while the reader was away', async () => {
    const one = await ownedContainer(s, team, sh('echo a1; while [ ! -e /go ]; do sleep 0.05; done; echo unread; sleep 600'))
    const two = await ownedContainer(s, team, sh('echo b1; sleep 600'))
    const away = streamsOf(ann)
    const stream = await away.logs({ containers: [one.name, two.name], follow: true })
    const seen: string[] = []
    const reading = (async () => {
      for await (const record of stream)
        seen.push(
          record.type === 'log' ? String(record.text) : record.type === 'gap' ? `${record.reason} ${record.container}` : record.type,
        )
    })()
    await until('both', () => seen.length === 2)
    away.socket.disconnect()
    await (
      await streams.exec({ container: one.id, command: ['touch', '/go'] })
    ).exit
    await engineOf(s).containers.remove(one.id, { force: true })
    const again = await ownedContainer(s, team, sh('echo new; while [ ! -e /go ]; do sleep 0.05; done; echo more; sleep 600'), {
      name: one.name,
    })
    away.socket.connect()
    await until('the new one', () => seen.includes('new'))
    expect(seen.slice(2)).toEqual([`container_removed ${one.id}`, 'new'])
    // and not once more, now that the reader has read on
    away.socket.io.engine.close()
    await until('lost', () => !away.socket.connected)
    await until('back', () => away.socket.connected)
    await (
      await streams.exec({ container: again.id, command: ['touch', '/go'] })
    ).exit
    await until('more of it', () => seen.length > 4)
    expect(seen.slice(4)).toEqual(['more'])
    away.close()
    // and its reader waits no more
    await reading
  })

  // the client asked for the tail once more, and what had come meanwhile was no part of it
  it.each([
    [0, []],
    [2, ['h2', 'h3']],
    [9, ['h1', 'h2', 'h3']],
  ])('with a tail of %i is opened again for what it has not got', async (tail, history) => {
    const { id } = await ownedContainer(
      s,
      team,
      sh('for i in 1 2 3; do echo h$i; done; while [ ! -e /go ]; do sleep 0.05; done; for i in 1 2 3 4 5; do echo l$i; done; sleep 600'),
    )
    const silent = await ownedContainer(
      s,
      team,
      sh('while [ ! -e /go ]; do sleep 0.05; done; for i in 1 2 3 4 5; do echo s$i; done; sleep 600'),
    )
    await until('its history', async () => (await all(await streams.logs({ containers: [id] }))).length === 3)
    const away = streamsOf(ann)
    // the lines that come with the acknowledgement are lost on the way
    using dropped = await rawSocket(s.url, { token: ann.accessToken })
    const params = { containers: [id, silent.id], follow: true, tail }
    const ack = await dropped.ask('stream:open', { kind: 'container.logs', params })
    const stream = await away.logs(params)
    const seen: string[] = []
    const reading = (async () => {
      for await (const record of stream) seen.push(record.type === 'log' ? String(record.text) : record.type)
    })()
    await until('its history', () => seen.length === history.length)
    away.socket.disconnect()
    dropped.socket.disconnect()
    for (const each of [id, silent.id]) await (await streams.exec({ container: each, command: ['touch', '/go'] })).exit
    await until('all of it', async () => (await all(await streams.logs({ containers: [id, silent.id] }))).length === 13)
    away.socket.connect()
    const news = [1, 2, 3, 4, 5].flatMap((n) => [`l${n}`, `s${n}`]).toSorted()
    await until('the rest', () => seen.length >= history.length + 10)
    const back = await streams.logs({ containers: [id, silent.id], cursor: ack['cursor'] as LogCursors })
    expect((await all(back)).map(({ text }) => String(text)).toSorted()).toEqual([...history, ...news])
    expect(seen.slice(0, history.length)).toEqual(history)
    expect(seen.slice(history.length).toSorted()).toEqual(news)
    away.close()
    await reading
  })

  it('stops reading for a reader without credit, while the other stream goes on', async () => {
    const { id } = await ownedContainer(s, team, sh(`head -c 30000000 /dev/zero | tr '\\0' x | fold -w 1000; echo; echo done`))
    await engineOf(s).containers.wait(id)
    using raw = await rawSocket(s.url, { token: ann.accessToken })
    const slow = await raw.ask('stream:open', { kind: 'container.logs', params: { containers: [id], credit: 65_536 } })
    await until('the first window', () => raw.of('stream:data').length > 0)
    const received = (id_: string) =>
      raw
        .of('stream:data')
        .filter(({ streamId }) => streamId === id_)
        .reduce((sum, { bytes }) => sum + (bytes as number), 0)
    const fast = await all(await streams.logs({ containers: [id] }))
    expect(fast.at(-1)!.text).toBe('done')
    expect(
      createHash('sha256')
        .update(
          fast
            .slice(0, -1)
            .map(({ text }) => text)
            .join(''),
        )
        .digest('hex'),
    ).toBe(createHash('sha256').update('x'.repeat(30_000_000)).digest('hex'))
    // one event may go over the window, and no more
    expect(received(slow.streamId)).toBeLessThan(65_536 * 2 + 1_100)
    const before = received(slow.streamId)
    await raw.ask('stream:credit', { streamId: slow.streamId, bytes: 100_000 })
    await until('more after credit', () => received(slow.streamId) > before)
    expect(await raw.ask('stream:close', { streamId: slow.streamId })).toEqual({ ok: true })
    await until('the upstream is freed', () => raw.end(slow.streamId) !== undefined)
  })
})

async function rowOf(engineId: string): Promise<unknown> {
  const { OwnershipStore } = await import('../../src/store/ownership.store.js')
  return s.gateway.app.get(OwnershipStore, { strict: false }).byEngineId('container', engineId)
}

async function opened(engineId: string): Promise<number> {
  const { items } = await s.admin.ok<{ items: { phase: string; operation: string; target: string | null }[] }>('GET', '/audit?limit=100')
  return items.filter(({ phase, operation, target }) => phase === 'opened' && operation === 'ContainerLogs' && target?.includes(engineId))
    .length
}
