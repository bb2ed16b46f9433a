import { request, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/index.js'
import type { Actor } from '../support/actor.js'
import { runContainer, scenario, type Scenario, withCmd, withName, withoutStart, withSpec } from '../support/scenario.js'
import { until } from './support/engine.js'
import type { Container } from './support/types.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  await runContainer(ann, withName('both'), withCmd('sh', '-c', 'echo out1; echo err1 >&2; sleep 0.05; echo out2; printf tail'))
  await until('its end', async () => (await ann.ok<Container>('GET', '/containers/both')).state.status === 'exited')
})
afterAll(() => s?.end())

/** An answer that is read while it comes. */
async function open(path: string, actor = ann): Promise<{ answer: IncomingMessage; seen: () => string }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const call = request(`${s.url}/api/v1${path}`, { headers: { authorization: `Bearer ${actor.accessToken}` } }, resolve)
  call.on('error', reject).end()
  const answer = await promise
  let text = ''
  answer.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => undefined)
  return { answer, seen: () => text }
}

describe('logs', () => {
  it('are the bytes as they were written', async () => {
    const answer = await ann.http.get('/containers/both/logs').expect(200)
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.text.split('\n').toSorted()).toEqual(['err1', 'out1', 'out2', 'tail'])
    expect(answer.text.endsWith('tail')).toBe(true)
  })

  it.each([
    ['?stderr=false', ['out1', 'out2', 'tail']],
    ['?stdout=false', ['', 'err1']],
    ['?tail=1', ['tail']],
    ['?tail=0', ['']],
    ['?until=2020-01-01T00:00:00Z', ['']],
    ['?since=4102444800', ['']],
    ['?since=0', ['err1', 'out1', 'out2', 'tail']],
  ])('%s', async (query, lines) => {
    const { text } = await ann.http.get(`/containers/both/logs${query}`).expect(200)
    expect(text.split('\n').toSorted()).toEqual(lines)
  })

  it('begin at a time, that one included', async () => {
    const { text } = await ann.http.get('/containers/both/logs?timestamps=true&stderr=false').expect(200)
    const times = text
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf(' ')))
    expect(times[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    const later = await ann.http.get(`/containers/both/logs?stderr=false&since=${times[1]}`).expect(200)
    expect(later.text).toBe('out2\ntail')
  })

  it('are a record for each line where the client asks for it', async () => {
    const answer = await ann.http
      .get('/containers/both/logs?stderr=false')
      .set('accept', 'application/x-ndjson')
      .buffer(true)
      .parse((res, done) => {
        let text = ''
        res.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => done(null, text))
      })
    const records = (answer.body as string)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(answer.headers['content-type']).toContain('application/x-ndjson')
    expect(records).toMatchObject([
      { container: 'both', stream: 'stdout', line: 'out1', time: expect.stringMatching(/Z$/) },
      { line: 'out2' },
      { line: 'tail' },
    ])
  })

  it('of a terminal come as they are', async () => {
    await runContainer(ann, withName('tty'), withCmd('echo', 'hello'), withSpec({ tty: true }))
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/tty')).state.status === 'exited')
    expect((await ann.http.get('/containers/tty/logs')).text).toBe('hello\r\n')
  })

  it('of a container that never ran are empty', async () => {
    await runContainer(ann, withName('never'), withoutStart())
    expect((await ann.http.get('/containers/never/logs').expect(200)).text).toBe('')
  })

  it('follow until the container ends', async () => {
    await runContainer(ann, withName('live'), withCmd('sh', '-c', 'trap "echo bye; exit" TERM; echo hi; while :; do sleep 0.1; done'))
    const { answer, seen } = await open('/containers/live/logs?follow=true')
    const ended = new Promise((done) => answer.on('end', done))
    await until('the first line', () => seen() === 'hi\n')
    await ann.ok('POST', '/containers/live/stop?timeout=5')
    await ended
    expect(seen()).toBe('hi\nbye\n')
  })

  it('of a quiet container are answered at once, and a client that goes ends the engine connection', async () => {
    await runContainer(ann, withName('quiet'), withCmd('sleep', '100'))
    const engine = s.gateway.app.get(Engine, { strict: false })
    const before = engine.openSockets
    const { answer } = await open('/containers/quiet/logs?follow=true')
    expect(answer.statusCode).toBe(200)
    await until('the engine connection', () => engine.openSockets > before)
    answer.destroy()
    await until('its end', () => engine.openSockets <= before, 2_000)
  })

  it('that are followed are cut when the reader loses the right to them', async () => {
    await runContainer(ann, withName('cut'), withCmd('sleep', '100'))
    const eve = await s.user('eve', { alpha: 'viewer' })
    const { answer } = await open('/containers/cut/logs?follow=true', eve)
    const cut = new Promise((done) => answer.on('error', done))
    await s.admin.http.delete(`/teams/${s.teams.get('alpha')!.name}/members/${eve.userId}`).expect(204)
    expect(await cut).toMatchObject({ code: 'ECONNRESET' })
  })

  it('that are followed go on while others lose theirs', async () => {
    await runContainer(ann, withName('on'), withCmd('sh', '-c', 'trap "echo bye; exit" TERM; echo hi; while :; do sleep 0.1; done'))
    const zoe = await s.user('zoe', { alpha: 'viewer' })
    const { answer, seen } = await open('/containers/on/logs?follow=true')
    const ended = new Promise((done) => answer.on('end', done))
    await s.admin.http.delete(`/teams/${s.teams.get('alpha')!.name}/members/${zoe.userId}`).expect(204)
    await until('the first line', () => seen() === 'hi\n')
    await ann.ok('POST', '/containers/on/stop?timeout=5')
    await ended
    expect(seen()).toBe('hi\nbye\n')
  })
})
