import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Parser } from '@asyncapi/parser'
import { readFileSync } from 'node:fs'
import { OPERATIONS } from '../../src/access/operations.js'
import { asyncApiDocument } from '../../src/streams/asyncapi.js'
import { StreamRegistry } from '../../src/streams/registry.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { engineOf, ownedContainer, type Owned, type RawSocket, rawSocket, runs, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let box: Owned
let raw: RawSocket

beforeAll(async () => {
  s = await scenario()
  team = await s.team('proto')
  ann = await s.user('ann', { proto: 'developer' })
  box = await ownedContainer(s, team, { Cmd: ['sh', '-c', 'echo hello; sleep 600'] })
  raw = await rawSocket(s.url, { token: ann.accessToken })
})
afterAll(async () => {
  raw?.socket.disconnect()
  await s?.end()
})

const deep = (levels: number): unknown => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], [])
const polluted = JSON.parse('{"containers":["x"],"__proto__":{"follow":true},"constructor":1}') as object
const logs = (params: unknown) => ({ kind: 'container.logs', params })
const id = '0'.repeat(64)

describe('a message', () => {
  it.each<[string, string, unknown[], string]>([
    ['that is a text', 'stream:open', ['x'], 'invalid_request'],
    ['that is null', 'stream:open', [null], 'invalid_request'],
    ['that is a list', 'stream:open', [[]], 'invalid_request'],
    ['that is a number', 'stream:close', [7], 'invalid_request'],
    ['that is binary', 'stream:open', [Buffer.from('x')], 'invalid_request'],
    ['that is missing', 'stream:open', [], 'invalid_request'],
    ['of an unknown event', 'stream:nothing', [{}], 'invalid_request'],
    ['of an event called like a method', 'constructor', [{}], 'invalid_request'],
    ['with an unknown field', 'stream:open', [{ kind: 'container.logs', params: {}, more: 1 }], 'invalid_request'],
    ['with a kind that is no text', 'stream:open', [{ kind: { toString: 'x' } }], 'invalid_request'],
    ['with an unknown kind', 'stream:open', [{ kind: 'container.nothing' }], 'stream_kind_unknown'],
    ['with a kind called like a method', 'stream:open', [{ kind: '__proto__' }], 'stream_kind_unknown'],
    ['with params that are a list', 'stream:open', [{ kind: 'container.logs', params: [] }], 'invalid_request'],
    ['without params', 'stream:open', [{ kind: 'container.logs' }], 'invalid_request'],
    ['with polluted params', 'stream:open', [logs(polluted)], 'invalid_request'],
    ['with an unknown param', 'stream:open', [logs({ containers: ['x'], color: 1 })], 'invalid_request'],
    ['with wrong types', 'stream:open', [logs({ containers: 'x', follow: 'yes', tail: -1 })], 'invalid_request'],
    ['with no container', 'stream:open', [logs({ containers: [] })], 'invalid_request'],
    [
      'with a thousand containers',
      'stream:open',
      [logs({ containers: Array.from({ length: 1_000 }, (_, i) => `c${i}`) })],
      'invalid_request',
    ],
    ['with a container called ..', 'stream:open', [logs({ containers: ['..'] })], 'invalid_reference'],
    ['with a container that is a path', 'stream:open', [logs({ containers: ['a/b'] })], 'invalid_reference'],
    ['with an empty container', 'stream:open', [logs({ containers: [''] })], 'invalid_reference'],
    ['with a foreign team', 'stream:open', [logs({ containers: ['x'], team: 'nobody' })], 'not_found'],
    ['with a credit of nothing', 'stream:open', [logs({ containers: ['x'], credit: 0 })], 'invalid_request'],
    ['with a time that is none', 'stream:open', [logs({ containers: ['x'], since: 'yesterday' })], 'invalid_request'],
    ['with a cursor of a name', 'stream:open', [logs({ containers: ['x'], cursor: { web: {} } })], 'invalid_request'],
    ['with a cursor without times', 'stream:open', [logs({ containers: ['x'], cursor: { [id]: { stdout: [1, 1] } } })], 'invalid_request'],
    [
      'with a cursor of another stream',
      'stream:open',
      [logs({ containers: ['x'], cursor: { [id]: { stdin: ['1', 1] } } })],
      'invalid_request',
    ],
    ['nested 500 deep', 'stream:open', [logs({ containers: deep(500) })], 'invalid_request'],
    ['of 900 KB', 'stream:open', [logs({ containers: ['x'.repeat(900_000)] })], 'invalid_request'],
    ['to a stream that is none', 'stream:close', [{ streamId: 'x' }], 'stream_not_found'],
    ['of credit that is negative', 'stream:credit', [{ streamId: 'x', bytes: -1 }], 'invalid_request'],
    ['of a size that is none', 'stream:resize', [{ streamId: 'x', rows: 0, cols: 'a' }], 'invalid_request'],
    ['of input that is an object', 'stream:input', [{ streamId: 'x', data: {} }], 'invalid_request'],
  ])('%s is answered with the code', async (_, event, args, code) => {
    const ack = await raw.ask(event, ...args)
    expect(ack).toMatchObject({ ok: false, error: { code, requestId: expect.any(String) } })
    expect(({} as Record<string, unknown>)['follow']).toBeUndefined()
  })

  it('without an ack is answered by stream:error', async () => {
    raw.socket.emit('stream:open', logs({ containers: [box.id] }))
    raw.socket.emit('nonsense', 1)
    await until('both errors', () => raw.of('stream:error').length === 2)
    expect(raw.of('stream:error').map(({ event, error }) => [event, (error as { code: string }).code])).toEqual([
      ['stream:open', 'invalid_request'],
      ['nonsense', 'invalid_request'],
    ])
  })

  it('nested 5,000 deep is answered, and nested 500,000 deep ends at most its connection', async () => {
    // by hand: the client's own encoder can't
    using other = await rawSocket(s.url, { token: ann.accessToken })
    const packets: string[] = []
    other.socket.io.engine.on(
      'packet',
      ({ type, data }: { type: string; data?: unknown }) => type === 'message' && packets.push(String(data)),
    )
    const send = (levels: number) =>
      other.socket.io.engine.write(
        `27["stream:open",{"kind":"container.logs","params":{"containers":${'['.repeat(levels)}${']'.repeat(levels)}}}]`,
      )
    send(5_000)
    await until('the answer', () => packets.length > 0)
    expect(packets[0]).toMatch(/^37\[\{"ok":false,"error":\{.*"code":"invalid_request"/)
    send(500_000)
    await until('the answer, or the end', () => packets.length > 1 || other.disconnected)
    expect(raw.socket.connected).toBe(true)
  })

  it('that is larger than the limit ends its connection, and nothing else', async () => {
    using other = await rawSocket(s.url, { token: ann.accessToken })
    other.socket.emit('stream:open', logs({ containers: ['x'.repeat(2_000_000)] }))
    await until('it is disconnected', () => other.disconnected)
    expect(raw.socket.connected).toBe(true)
  })

  it('names every wrong field at once', async () => {
    const { error } = await raw.ask('stream:open', logs({ containers: 'x', follow: 'yes', color: 1, credit: 'all' }))
    expect((error as unknown as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/params/color',
      '/params/containers',
      '/params/credit',
      '/params/follow',
    ])
  })

  it('of input for a stream that takes none is refused', async () => {
    const { streamId } = await raw.ask('stream:open', logs({ containers: [box.id], follow: true }))
    expect(await raw.ask('stream:input', { streamId, data: 'x' })).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    expect(await raw.ask('stream:resize', { streamId, rows: 1, cols: 1 })).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    expect(await raw.ask('stream:close', { streamId })).toEqual({ ok: true })
    expect(await raw.ask('stream:close', { streamId })).toMatchObject({ error: { code: 'stream_not_found' } })
    expect(raw.end(streamId)).toEqual({ streamId, reason: 'closed' })
  })
})

describe('ten thousand openings', () => {
  it('leave a hundred streams, and a server that answers', async () => {
    const user = await s.user('greedy', { proto: 'developer' })
    using other = await rawSocket(s.url, { token: user.accessToken })
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, () => other.ask('stream:open', logs({ containers: [box.id], follow: true }))),
    )
    const codes = new Map<string, number>()
    for (const { ok, error } of answers) codes.set(ok ? 'ok' : error.code, (codes.get(ok ? 'ok' : error.code) ?? 0) + 1)
    expect(codes.get('ok')).toBe(100)
    expect([...codes.keys()].sort()).toEqual(['ok', 'stream_limit'])
    other.socket.disconnect()
    await until('every upstream is freed', () => engineOf(s).openSockets < 20, 5_000)
    expect(await raw.ask('stream:open', logs({ containers: [box.id] }))).toMatchObject({ ok: true })
  })

  it('one after another are limited in their rate', async () => {
    const user = await s.user('hasty', { proto: 'developer' })
    using other = await rawSocket(s.url, { token: user.accessToken })
    const codes = new Set<string>()
    for (let i = 0; i < 400; i++) codes.add((await other.ask('stream:open', { kind: 'container.nothing' })).error.code)
    expect([...codes].sort()).toEqual(['rate_limited', 'stream_kind_unknown'])
  })
})

describe('a client that reads no answers', () => {
  /** Long polling by hand: what is not asked for waits at the gateway. */
  async function polling(): Promise<{ get: () => Promise<string>; post: (body: string) => Promise<number> }> {
    const base = `${s.url}/socket.io/?EIO=4&transport=polling`
    const first = await (await fetch(base)).text()
    const { sid } = JSON.parse(first.slice(1)) as { sid: string }
    const get = async () => (await fetch(`${base}&sid=${sid}`)).text()
    const post = async (body: string) => (await fetch(`${base}&sid=${sid}`, { method: 'POST', body })).status
    await post(`40${JSON.stringify({ token: ann.accessToken })}`)
    expect(await get()).toMatch(/^40/)
    return { get, post }
  }
  const questions = (count: number) => Array.from({ length: count }, () => '42["x"]').join('\x1e')

  it('is cut beyond ten thousand, and gets what there is below', async () => {
    const patient = await polling()
    expect(await patient.post(questions(9_000))).toBe(200)
    expect((await patient.get()).split('stream:error')).toHaveLength(9_001)
    const greedy = await polling()
    await greedy.post(questions(11_000))
    await until('the cut', async () => (await greedy.get()).includes('Session ID unknown'))
    expect(await patient.post(questions(1))).toBe(200)
    expect(await patient.get()).toContain('stream:error')
  })
})

describe('the AsyncAPI document', () => {
  it('of the registered kinds is valid and has them all', async () => {
    const kinds = [...s.gateway.app.get(StreamRegistry, { strict: false }).kinds.values()].map(({ info }) => info)
    const document = asyncApiDocument(kinds, '0.0.0')
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document))
    // there is none when it has an error
    expect({ parsed: parsed !== undefined, diagnostics }).toMatchObject({ parsed: true })
    expect(Object.keys(document['operations'] as object)).toEqual(
      expect.arrayContaining(['open-container.logs', 'open-container.exec', 'open-job.progress']),
    )
  })
})

describe('docs/streams.md', () => {
  it('has every kind in its table, with the permission that it needs', () => {
    const rows = readFileSync(new URL('../../docs/streams.md', import.meta.url), 'utf8').split('\n')
    const kinds = [...s.gateway.app.get(StreamRegistry, { strict: false }).kinds.values()].map(({ info }) => info)
    for (const { kind, operation } of kinds)
      expect(
        rows.filter((row) => row.startsWith(`| \`${kind}\` | `) && row.endsWith(` | \`${OPERATIONS[operation].permission}\` |`)),
      ).toHaveLength(1)
  })
})

describe('a graceful stop', () => {
  it('tells every stream, frees every upstream, and logs go on after the start', async () => {
    const own = await ownedContainer(s, team, { Cmd: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.02; done'] })
    using other = await rawSocket(s.url, { token: ann.accessToken })
    const exec = await other.ask('stream:open', { kind: 'container.exec', params: { container: own.id, command: ['sleep', '8181'] } })
    const plain = await other.ask('stream:open', logs({ containers: [own.id], follow: true }))
    await until('it runs', () => runs(s, own.id, '8181'))
    const streams = streamsOf(ann)
    const stream = await streams.logs({ containers: [own.id], follow: true })
    const numbers: number[] = []
    const reading = (async () => {
      for await (const record of stream) {
        if (record.type === 'log') numbers.push(Number(record.text))
        if (numbers.length > 300) return
      }
    })()
    await until('some lines', () => numbers.length > 20)
    await s.gateway.restart()
    expect(other.end(exec.streamId)).toMatchObject({ reason: 'server_stopping' })
    expect(other.end(plain.streamId)).toMatchObject({ reason: 'server_stopping', error: { code: 'stopping' } })
    expect(await runs(s, own.id, '8181')).toBe(false)
    await reading
    streams.close()
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1))
  })
})
