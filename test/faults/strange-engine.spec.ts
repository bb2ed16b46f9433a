import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Reconciler } from '../../src/ownership/reconciler.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { startGateway } from '../support/app.js'
import { engineCall } from '../support/engine-http.js'
import { bed } from '../support/bed.js'
import { until } from '../support/private-host.js'
import { type Actor, scenario, type Scenario, type Team } from '../support/scenario.js'

/** A socket that is an engine as long as it passes calls on, and something else when a test says so. */
class StrangeEngine {
  private readonly dir = mkdtempSync(join(tmpdir(), 'berth-strange-'))
  private readonly sockets = new Set<Socket>()
  private readonly server: Server = createServer((socket) => this.serve(socket))
  /** Answers in place of the engine; undefined passes the call on. */
  answer: ((line: string, socket: Socket) => boolean) | undefined
  readonly seen: string[] = []

  get dockerHost(): string {
    return `unix://${join(this.dir, 'd.sock')}`
  }

  start(): Promise<void> {
    return new Promise((done) => this.server.listen(join(this.dir, 'd.sock'), done))
  }

  stop(): void {
    this.sockets.forEach((socket) => socket.destroy())
    this.server.close()
    rmSync(this.dir, { recursive: true, force: true })
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => this.sockets.delete(socket))
    socket.on('data', (bytes) => {
      const line = /^(\S+ \S+) HTTP/.exec(bytes.toString('latin1'))?.[1] ?? ''
      this.seen.push(line)
      if (this.answer?.(line, socket)) return
      void this.pass(line, bytes, socket)
    })
  }

  private async pass(line: string, bytes: Buffer, socket: Socket): Promise<void> {
    const [method = '', path = ''] = line.split(' ')
    if (path.includes('/events')) return void socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n')
    const text = bytes.toString().split('\r\n\r\n')[1]
    const real = await engineCall(bed().dockerHost, method, path, text ? JSON.parse(text) : undefined)
    const version = 'Api-Version: 1.41\r\nServer: Docker/20.10.24\r\n'
    socket.write(
      `HTTP/1.1 ${real.status} X\r\nContent-Type: application/json\r\n${version}Content-Length: ${Buffer.byteLength(real.body)}\r\n\r\n${real.body}`,
    )
  }
}

const engine = new StrangeEngine()
let s: Scenario
let ann: Actor
let team: Team

beforeAll(async () => {
  await engine.start()
  s = await scenario(await startGateway({ dockerHost: engine.dockerHost }))
  team = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  await until('the engine', 10_000, async () => (await fetch(`${s.url}/health/ready`)).status === 200)
})

afterAll(async () => {
  await s?.end()
  await s?.gateway.stop()
  await s?.end()
  engine.stop()
})

afterEach(async () => {
  engine.answer = undefined
  await until('the gateway to be ready again', 10_000, async () => (await fetch(`${s.url}/health/ready`)).status === 200)
  await ann.ok('GET', '/system/version')
})

const reply =
  (head: string, body = '') =>
  (_line: string, socket: Socket) => {
    socket.write(`HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    return true
  }

const ANSWERS: Readonly<Record<string, (line: string, socket: Socket) => boolean>> = {
  'a redirect to the web': reply('301 Moved\r\nLocation: http://127.0.0.1:1/evil'),
  'a redirect to another of its paths': reply('307 Temporary\r\nLocation: /v1.41/containers/evil/json'),
  'a redirect to no scheme that there is': reply('302 Found\r\nLocation: gopher://x'),
  'a page of html': reply('200 OK\r\nContent-Type: text/html', '<h1>proxy</h1>'),
  'json of another shape': reply('200 OK\r\nContent-Type: application/json', '[1,2,3]'),
  'json that is cut': reply('200 OK\r\nContent-Type: application/json', '{"Version":"20'),
  'an error page of a proxy': reply('502 Bad Gateway\r\nContent-Type: text/html', '<h1>502</h1>'),
  'an error that is no json': reply('500 Error\r\nContent-Type: application/json', 'panic: runtime error'),
  'an upgrade': reply('101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: Upgrade'),
  'no http at all': (_, socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
  'half an answer, then the end': (_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"Version":')
    return true
  },
  'the end at once': (_, socket) => {
    socket.end()
    return true
  },
  'nothing, and the end': (_, socket) => {
    // a unix socket has no reset: bytes that were sent to it and not read have the same effect
    socket.destroy()
    return true
  },
}

describe('an engine that answers a call with', () => {
  it.each(Object.entries(ANSWERS))('%s gets a clear error', async (_, answer) => {
    // only this call is strange: its pings are in order
    engine.answer = (line, socket) => line.endsWith('/version') && answer(line, socket)
    engine.seen.length = 0
    const problem = await ann.fails('GET', '/system/version')
    expect([502, 503, 504]).toContain(problem.status)
    expect(problem.code).toMatch(/^engine_/)
    expect(JSON.stringify(problem)).not.toMatch(/evil|panic|proxy|OpenSSH|gopher/)
    expect(engine.seen.filter((line) => /evil/.test(line))).toEqual([])
    await ann.ok('GET', '/me')
  })

  it.each(Object.entries(ANSWERS))('%s, to everything, gets a clear error and recovers', async (_, answer) => {
    engine.answer = answer
    const problem = await ann.fails('GET', '/system/version')
    expect([502, 503, 504]).toContain(problem.status)
    expect(problem.code).toMatch(/^engine_/)
    expect((await fetch(`${s.url}/health/live`)).status).toBe(200)
  })

  it('a half answer to a create keeps the name until it is certain that there is nothing, and then frees it', async () => {
    const answered = ANSWERS['half an answer, then the end']!
    engine.answer = (line, socket) => /^POST \S+\/containers\/create/.test(line) && answered(line, socket)
    const problem = await ann.fails('POST', '/containers', { image: 'berth.test/busybox:1', name: 'half' })
    expect([502, 503, 504]).toContain(problem.status)
    engine.answer = undefined
    await until('the engine', 10_000, async () => (await fetch(`${s.url}/health/ready`)).status === 200)
    const again = { image: 'berth.test/busybox:1', name: 'half', team: team.name }
    expect((await ann.fails('POST', '/containers', again)).code).toBe('name_in_use')
    // as if the minute of its lease were over
    const store = s.gateway.app.get(OwnershipStore, { strict: false })
    const row = (await store.held()).find(({ name }) => name === 'half')!
    expect(row.state).toBe('pending')
    await store.extendLease(row.uid, new Date(0).toISOString())
    await s.gateway.app.get(Reconciler, { strict: false }).pass()
    const made = await ann.ok<{ id: string }>('POST', '/containers', again)
    await ann.ok('DELETE', `/containers/${made.id}?force=true`)
  })
})

it('nothing, within a second where it is not even a ping', async () => {
  engine.answer = () => true
  const start = performance.now()
  const problem = await ann.fails('GET', '/system/version')
  expect({ code: problem.code, inTime: performance.now() - start < 1_000 }).toEqual({ code: 'engine_unavailable', inTime: true })
})
