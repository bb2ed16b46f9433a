/** Whoever comes and goes leaves nothing behind, however they go. */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayProcess } from '../faults/support/gateway-process.js'
import { BASE_IMAGE, bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { Actor } from '../support/scenario.js'
import { type Ack, until } from './support.js'

/** The two thousand of the bound take some minutes: BERTH_TEST_CONNECTIONS=2000 */
const CONNECTIONS = Number(process.env['BERTH_TEST_CONNECTIONS'] ?? 200)
const AT_ONCE = 10
const PASSWORD = 'a long enough password 1'
const team = `leaks-${randomBytes(3).toString('hex')}`

let gateway: GatewayProcess
let admin: Actor
let people: Actor[]
let box: string

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    env: { BERTH_ACCESS_TOKEN_TTL: '86400', BERTH_LOG_LEVEL: 'warn', BERTH_TERMINAL_GRACE: '1', BERTH_RATE_LIMIT_PRINCIPAL: '0' },
  })
  admin = await gateway.admin()
  await admin.ok('POST', '/teams', { name: team })
  // openings are limited by user
  people = await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => person(`p${index}`)))
  const Cmd = ['sh', '-c', 'while :; do echo out; echo err >&2; usleep 20000; done']
  const body = { Image: BASE_IMAGE, Cmd, HostConfig: { NetworkMode: 'none' } }
  box = (await engineJson<{ Id: string }>(bed().socketPath, 'POST', `/containers/create?name=${team}--box`, body)).Id
  await engineJson(bed().socketPath, 'POST', `/containers/${box}/start`)
  await until('it is in the inventory', async () => (await admin.http.get(`/containers/${box}`)).status === 200)
  await admin.ok('POST', '/ownership/assign', { kind: 'container', id: box, team, name: 'box' })
}, 120_000)

afterAll(async () => {
  await gateway?.stop()
  if (box) await engineJson(bed().socketPath, 'DELETE', `/containers/${box}?force=true`)
})

async function person(name: string): Promise<Actor> {
  const { id } = await admin.ok<{ id: string }>('POST', '/users', { username: name, password: PASSWORD })
  await admin.ok('PUT', `/teams/${team}/members/${id}`, { role: 'developer' })
  return Actor.login(gateway.gateway, { username: name, password: PASSWORD }, id)
}

const STREAMS: readonly (() => { kind: string; params: object } | null)[] = [
  () => ({ kind: 'container.logs', params: { containers: [box], follow: true } }),
  () => ({ kind: 'container.logs', params: { containers: ['box'], follow: true, search: 'err', tail: 10, credit: 1_024 } }),
  () => ({ kind: 'container.stats', params: { container: box } }),
  () => ({ kind: 'container.top', params: { container: box } }),
  () => ({ kind: 'containers.watch', params: { team } }),
  () => ({ kind: 'system.events', params: { team } }),
  () => ({ kind: 'container.exec', params: { container: box, command: ['sleep', '7351'], tty: true } }),
  () => null,
]

/** Connects, opens something, and goes in one of three ways: with a close, without a word, or before it was answered. */
async function visit(actor: Actor, turn: number): Promise<void> {
  const socket = io(gateway.url, { auth: { token: actor.accessToken }, transports: ['websocket'], forceNew: true, reconnection: false })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  const wanted = STREAMS[turn % STREAMS.length]!()
  const way = Math.floor(turn / STREAMS.length) % 3
  if (wanted && way === 2) socket.emit('stream:open', wanted, () => undefined)
  else if (wanted) {
    const ack = (await socket.timeout(30_000).emitWithAck('stream:open', wanted)) as Ack
    // an engine that is too busy to answer leaves nothing behind either
    if (!ack.ok) expect(ack.error.code).toMatch(/^engine_(unavailable|timeout)$/)
    else if (way === 0) await socket.timeout(30_000).emitWithAck('stream:close', { streamId: ack.streamId })
  }
  if (way === 1) (socket.io.engine as unknown as { transport: { ws: { terminate?(): void } } }).transport.ws.terminate?.()
  socket.disconnect()
}

async function visits(count: number): Promise<void> {
  const each = async (actor: Actor, index: number): Promise<void> => {
    for (let turn = index; turn < count; turn += AT_ONCE) await visit(actor, turn)
  }
  await Promise.all(people.map(each))
}

interface Held {
  readonly descriptors: number
  readonly upstreams: number
  readonly listeners: number
  readonly execs: number
}

async function held(): Promise<Held> {
  // the pool of connections to the engine keeps a few for the next read: as many as it ever keeps, each time
  await Promise.all(Array.from({ length: 20 }, () => admin.http.get(`/containers/${box}/top`)))
  const { text } = await admin.http.get('/metrics').expect(200)
  const value = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)![1])
  const { Processes } = await engineJson<{ Processes: string[][] }>(bed().socketPath, 'GET', `/containers/${box}/top`)
  return {
    descriptors: readdirSync(`/proc/${gateway.pid}/fd`).length,
    upstreams: value('berth_engine_sockets'),
    listeners: value('berth_engine_listeners'),
    execs: Processes.filter((cells) => cells.join(' ').includes('sleep 7351')).length,
  }
}

describe('connections that come and go', () => {
  it('leave no descriptor, upstream, listener or command behind', { timeout: 60_000 + CONNECTIONS * 300 }, async () => {
    // whatever is made once is made: connections to the database, to the engine, code that is loaded late
    await visits(AT_ONCE * STREAMS.length)
    const quiet = async () => (await held()).upstreams <= 2
    await until('the upstreams of the first', quiet, 20_000)
    const before = await held()
    await visits(CONNECTIONS)
    // upstreams linger, execs have their grace time
    await until('no command runs', async () => (await held()).execs === 0, 20_000)
    const near = (now: Held) => (['descriptors', 'upstreams', 'listeners'] as const).every((key) => Math.abs(now[key] - before[key]) <= 2)
    let after = await held()
    const settled = async () => near((after = await held())) && after.upstreams <= before.upstreams
    await until('all is as before', settled, 20_000).catch(() => undefined)
    expect(near(after), JSON.stringify({ before, after })).toBe(true)
    expect(gateway.output).not.toContain('MaxListenersExceeded')
    // shown with --reporter=verbose: the figures of a long run
    console.info(JSON.stringify({ connections: CONNECTIONS, before, after }))
  })
})
