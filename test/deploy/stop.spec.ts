import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { until } from '../support/private-host.js'
import type { Actor } from '../support/scenario.js'
import { GatewayProcess } from '../faults/support/gateway-process.js'

const DRAIN_SECONDS = 6

let host: PrivateEngine
let gateway: GatewayProcess
let admin: Actor
let team: { id: string; name: string }

beforeAll(async () => {
  host = await bed().startEngine()
  gateway = await GatewayProcess.start({
    dockerHost: host.dockerHost,
    env: { BERTH_DRAIN_SECONDS: String(DRAIN_SECONDS), BERTH_LOG_LEVEL: 'trace' },
  })
  admin = await gateway.admin()
  team = await admin.ok('POST', '/teams', { name: `stop-${randomBytes(3).toString('hex')}` })
  const job = await admin.ok<{ id: string }>('POST', '/images/pull', { reference: 'busybox:1', team: team.name })
  await until('the pull', 30_000, async () => (await admin.ok<{ state: string }>('GET', `/jobs/${job.id}`)).state === 'succeeded')
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
  await host?.purge()
})

/** Nothing that is secret may be in the log, at its most talkative level. */
const SECRETS = {
  password: `pw-${randomBytes(12).toString('hex')}`,
  wrong: `wrong-${randomBytes(12).toString('hex')}`,
  env: `env-${randomBytes(12).toString('hex')}`,
  argument: `arg-${randomBytes(12).toString('hex')}`,
  query: `query-${randomBytes(12).toString('hex')}`,
}

describe('the log of a whole scenario', () => {
  it('has no password, token, env value or query in it', async () => {
    const tokens: string[] = [admin.accessToken!, admin.refreshToken!]
    const username = `u-${randomBytes(3).toString('hex')}`
    await admin.ok('POST', '/users', { username, password: SECRETS.password })
    await admin.ok('PUT', `/teams/${team.name}/members/${username}`, { role: 'developer' })
    await admin.http.post('/auth/login').send({ username, password: SECRETS.wrong })
    const login = await admin.ok<{ accessToken: string; refreshToken: string }>('POST', '/auth/login', {
      username,
      password: SECRETS.password,
    })
    const refreshed = await admin.ok<{ accessToken: string; refreshToken: string }>('POST', '/auth/refresh', {
      refreshToken: login.refreshToken,
    })
    const personal = await admin.ok<{ token: string }>('POST', '/me/tokens', {
      name: 't',
      permissions: ['containers.read'],
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    })
    tokens.push(login.accessToken, login.refreshToken, refreshed.accessToken, refreshed.refreshToken, personal.token)
    await fetch(`${gateway.url}/api/v1/containers`, { headers: { authorization: `Bearer ${personal.token}` } })
    await fetch(`${gateway.url}/api/v1/me?access_token=${SECRETS.query}`)
    await fetch(`${gateway.url}/api/v1/me`, { headers: { authorization: `Bearer ${SECRETS.query}`, cookie: SECRETS.query } })
    const command = ['sh', '-c', 'echo hi; sleep 300', SECRETS.argument]
    await admin.ok('POST', '/containers?start=true', {
      image: 'busybox:1',
      name: 'log',
      team: team.name,
      env: [`PASSWORD=${SECRETS.env}`],
      command,
    })
    // what fails is logged with more words: a start that does, and a body that is no json
    await admin.http
      .post('/containers?start=true')
      .send({ image: 'busybox:1', team: team.name, env: [`PASSWORD=${SECRETS.env}`], command: [`/${SECRETS.argument}`] })
    await admin.http.post('/auth/login').set('content-type', 'application/json').send(`{"username":"x","password":"${SECRETS.wrong}"`)
    await admin.ok('POST', '/me/password', { current: 'correct horse battery staple', new: SECRETS.password })
    expect(gateway.output).toContain('"path":"/api/v1/auth/login"')
    for (const [name, secret] of [
      ...Object.entries(SECRETS),
      ...tokens.map((token) => ['token', token] as const),
      ['admin', 'correct horse battery staple'],
    ])
      expect(gateway.output.includes(secret), `${name} in the log`).toBe(false)
    // and none in the part that tells one token from another
    for (const token of tokens) expect(gateway.output.includes(token.slice(-20))).toBe(false)
  })
})

describe('a request', () => {
  it('is one line of the log, and a probe is none', async () => {
    const lines = (path: string) => gateway.output.split('\n').filter((line) => line.includes(`"path":"${path}"`))
    for (const path of ['/health/live', '/health/ready', '/metrics', '/api/v1/system/version']) {
      const answer = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${admin.accessToken}` } })
      expect(answer.status).toBe(200)
      await answer.arrayBuffer()
    }
    await until('the line', 5_000, () => Promise.resolve(lines('/api/v1/system/version').length > 0))
    expect(lines('/api/v1/system/version')).toHaveLength(1)
    for (const path of ['/health/live', '/health/ready', '/metrics']) expect(lines(path)).toEqual([])
  })
})

describe('SIGTERM', () => {
  it('lets what runs come to its end, takes nothing new, and ends with 0 in time', async () => {
    // its main process does not take SIGTERM, so that stopping it takes the whole timeout
    const slow = await admin.ok<{ id: string }>('POST', '/containers?start=true', {
      image: 'busybox:1',
      name: 'slow',
      team: team.name,
      command: ['sleep', '300'],
    })
    const socket = io(gateway.url, { transports: ['websocket'], auth: { token: admin.accessToken }, reconnection: false })
    await once(socket as never, 'connect')
    const opened = (await socket.emitWithAck('stream:open', {
      kind: 'container.logs',
      params: { containers: ['log'], team: team.name, follow: true },
    })) as { ok: boolean }
    expect(opened).toMatchObject({ ok: true })
    const gone = new Promise<void>((done) => socket.on('disconnect', () => done()))
    const running = fetch(`${gateway.url}/api/v1/containers/${slow.id}/stop?timeout=2`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin.accessToken}` },
    })
    await until(
      'the request to be under way',
      5_000,
      async () =>
        (await admin.ok<{ items: { operation: string }[] }>('GET', '/audit?phase=intent&limit=1')).items[0]?.operation === 'ContainerStop',
    )
    const start = performance.now()
    const code = gateway.terminate()
    await until('new connections to be refused', 2_000, async () => !(await accepts()))
    expect((await running).status).toBe(200)
    expect(await code).toBe(0)
    await gone
    socket.close()
    expect((performance.now() - start) / 1_000).toBeLessThan(DRAIN_SECONDS + 2)
  }, 60_000)

  it('leaves a data directory that the next one takes over', async () => {
    await gateway.start()
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
    expect(await gateway.terminate()).toBe(0)
  })
})

function accepts(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
