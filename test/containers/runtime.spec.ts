import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import { runContainer, scenario, type Scenario, withCmd, withName, withoutStart, withSpec } from '../support/scenario.js'
import { inspect, until } from './support/engine.js'
import type { Container, Page } from './support/types.js'

let s: Scenario
let ann: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  const all = await s.admin.ok<Page<Container>>('GET', '/containers?all=true')
  for (const { id } of all.items) await s.admin.http.delete(`/containers/${id}?force=true&volumes=true`)
})

interface Result {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly truncated: boolean
  readonly timedOut: boolean
}

/** Processes of the container whose command line has this. */
async function running(container: string, text: string): Promise<number> {
  const { processes } = await ann.ok<{ processes: string[][] }>('GET', `/containers/${container}/top`)
  return processes.filter((row) => row.some((cell) => cell.includes(text))).length
}

describe('a pause', () => {
  it('freezes a container, and unpause lets it go on', async () => {
    await runContainer(ann, withName('web'))
    expect(await ann.ok<Container>('POST', '/containers/web/pause')).toMatchObject({
      state: { status: 'paused', running: true, paused: true },
    })
    expect(await ann.fails('POST', '/containers/web/pause')).toMatchObject({ code: 'container_paused' })
    expect(await ann.fails('POST', '/containers/web/exec', { command: ['true'] })).toMatchObject({ code: 'container_paused' })
    expect(await ann.ok<Container>('POST', '/containers/web/unpause')).toMatchObject({ state: { status: 'running', paused: false } })
    expect(await ann.fails('POST', '/containers/web/unpause')).toMatchObject({ code: 'conflict' })
    await ann.ok('POST', '/containers/web/stop?timeout=0')
    expect(await ann.fails('POST', '/containers/web/pause')).toMatchObject({ code: 'container_not_running' })
    expect(await vic.fails('POST', '/containers/web/pause')).toMatchObject({ code: 'permission_denied' })
  })
})

describe('a wait', () => {
  const url = (query = '') => `${s.url}/api/v1/containers/web/wait${query}`
  const headers = () => ({ authorization: `Bearer ${ann.accessToken}` })

  it('has its head at once, and its code at the end', async () => {
    await runContainer(ann, withName('web'), withCmd('sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.1; done'))
    const response = await fetch(url(), { method: 'POST', headers: headers() })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    // it has begun, and nothing has ended
    await ann.ok('POST', '/containers/web/stop?timeout=10')
    expect(await response.json()).toEqual({ exitCode: 7 })
    expect(await ann.ok('POST', '/containers/web/wait')).toEqual({ exitCode: 7 })
    expect(await ann.fails('POST', '/containers/nowhere/wait')).toMatchObject({ code: 'not_found' })
  })

  it('waits for the next end, or for the removal', async () => {
    await runContainer(ann, withName('web'), withCmd('sleep', '0.2'))
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/web')).state.status === 'exited')
    const next = await fetch(url('?condition=next-exit'), { method: 'POST', headers: headers() })
    const removed = await fetch(url('?condition=removed'), { method: 'POST', headers: headers() })
    await ann.ok('POST', '/containers/web/start')
    expect(await next.json()).toEqual({ exitCode: 0 })
    await ann.http.delete('/containers/web?force=true').expect(204)
    expect(await removed.json()).toEqual({ exitCode: 0 })
  })

  it('leaves nothing at the engine when its client leaves', async () => {
    const { Engine } = await import('../../src/engine/index.js')
    const engine = s.gateway.app.get(Engine)
    await runContainer(ann, withName('web'))
    const before = engine.openSockets
    const leaving = new AbortController()
    await fetch(url(), { method: 'POST', headers: headers(), signal: leaving.signal })
    expect(engine.openSockets).toBe(before + 1)
    leaving.abort()
    await until('the end of the call', () => engine.openSockets === before, 2_000)
  })
})

describe('stats', () => {
  it('say once what a container uses', async () => {
    const { id } = await runContainer(
      ann,
      withName('web'),
      withCmd('sh', '-c', 'while :; do :; done'),
      withSpec({ resources: { memory: 67_108_864 } }),
    )
    const use = await vic.ok<{ cpu: { percent: number }; memory: { used: number; limit: number }; pids: number; container: string }>(
      'GET',
      '/containers/web/stats',
    )
    expect(use.container).toBe(id)
    expect(use.cpu.percent).toBeGreaterThan(1)
    expect(use.memory.used).toBeGreaterThan(0)
    expect(use.memory.limit).toBe(67_108_864)
    expect(use.pids).toBe(1)
    await ann.ok('POST', '/containers/web/stop?timeout=0')
    expect(await ann.fails('GET', '/containers/web/stats')).toMatchObject({ code: 'container_not_running' })
  })
})

describe('an update', () => {
  it('changes limits and restart policy of one that runs', async () => {
    const { id } = await runContainer(ann, withName('web'))
    const updated = await ann.ok<Container>('PATCH', '/containers/web', {
      resources: { memory: 134_217_728, cpus: 0.5, pids: 64 },
      restart: { policy: 'on-failure', maxRetries: 3 },
    })
    expect(updated).toMatchObject({
      name: 'web',
      state: { status: 'running' },
      resources: { memory: 134_217_728, cpus: 0.5, pids: 64 },
      restart: { policy: 'on-failure', maxRetries: 3 },
    })
    expect((await inspect(id)).HostConfig).toMatchObject({
      Memory: 134_217_728,
      MemorySwap: 134_217_728,
      NanoCpus: 500_000_000,
      PidsLimit: 64,
    })
    const later = await ann.ok<Container>('PATCH', '/containers/web', { resources: { pids: 32 } })
    expect(later).toMatchObject({ resources: { memory: 134_217_728, cpus: 0.5, pids: 32 }, restart: { policy: 'on-failure' } })
  })

  it('does not go below what is used', async () => {
    const hold = '(head -c 60000000 /dev/zero; echo held >&2; sleep 300) | tail'
    await runContainer(ann, withName('web'), withCmd('sh', '-c', hold))
    await until('its memory', async () => (await ann.http.get('/containers/web/logs')).text.includes('held'))
    const { code, detail } = await ann.fails('PATCH', '/containers/web', { resources: { memory: 8_388_608 } })
    expect({ code, detail }).toEqual({ code: 'conflict', detail: 'conflict: the container uses more memory than that now' })
  })

  it.each<[string, object, string]>([
    ['nothing', {}, ''],
    ['more memory than there is', { resources: { memory: 2 ** 50 } }, '/resources/memory'],
    ['what is no field of it', { privileged: true }, '/privileged'],
  ])('does not take %s', async (_, body, pointer) => {
    await runContainer(ann, withName('web'), withoutStart())
    const problem = await ann.fails('PATCH', '/containers/web', body)
    expect([
      problem.code,
      ...(problem.errors ?? []).map((error) => error.pointer),
      ...(problem.violations ?? []).map(({ path }) => path),
    ]).toContain(pointer)
    expect(await vic.fails('PATCH', '/containers/web', { resources: { pids: 32 } })).toMatchObject({ code: 'permission_denied' })
  })
})

describe('a command', () => {
  it('answers its output and its code', async () => {
    await runContainer(ann, withName('web'))
    const result = await ann.ok<Result>('POST', '/containers/web/exec', {
      command: ['sh', '-c', 'echo "$COLOUR $(id -u) $(pwd)"; echo no >&2; exit 3'],
      env: { COLOUR: 'blue' },
      user: '1000:1000',
      workingDir: '/tmp',
    })
    expect(result).toEqual({ exitCode: 3, stdout: 'blue 1000 /tmp\n', stderr: 'no\n', truncated: false, timedOut: false })
    const listed = await ann.ok<Result>('POST', '/containers/web/exec', { command: ['sh', '-c', 'echo $A'], env: ['A=b=c'] })
    expect(listed.stdout).toBe('b=c\n')
    // it has no input to wait for
    expect((await ann.ok<Result>('POST', '/containers/web/exec', { command: ['cat'] })).exitCode).toBe(0)
  })

  it('has its output cut, and runs to its end', async () => {
    await runContainer(ann, withName('web'))
    const result = await ann.ok<Result>('POST', '/containers/web/exec', {
      command: ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x; echo done >&2; exit 4'],
    })
    expect({ ...result, stdout: result.stdout.length }).toEqual({
      exitCode: 4,
      stdout: 1_048_576,
      stderr: 'done\n',
      truncated: true,
      timedOut: false,
    })
  })

  it('is ended with all that it started when its time is over', async () => {
    await runContainer(ann, withName('web'), withCmd('sleep', '300'))
    const result = await ann.ok<Result>('POST', '/containers/web/exec', {
      command: ['sh', '-c', 'echo begun; sleep 1234 & sleep 1234'],
      timeout: 1,
    })
    expect(result).toMatchObject({ exitCode: null, stdout: 'begun\n', timedOut: true })
    await until('the end of the process', async () => (await running('web', '1234')) === 0)
  })

  it('is ended when its client leaves', async () => {
    await runContainer(ann, withName('web'))
    const leaving = new AbortController()
    const call = fetch(`${s.url}/api/v1/containers/web/exec`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ command: ['sleep', '1234'] }),
      signal: leaving.signal,
    }).catch((error: unknown) => error)
    await until('its process', async () => (await running('web', '1234')) === 1)
    leaving.abort()
    await call
    await until('the end of its process', async () => (await running('web', '1234')) === 0, 5_000)
  })

  it('is ended when its caller loses the right', async () => {
    const eve = await s.user('eve', { alpha: 'developer' })
    await runContainer(ann, withName('web'))
    const call = eve.fails('POST', '/containers/web/exec', { command: ['sleep', '1234'] })
    await until('its process', async () => (await running('web', '1234')) === 1)
    await s.admin.ok('PUT', `/teams/${s.teams.get('alpha')!.name}/members/${eve.userId}`, { role: 'viewer' })
    expect(await call).toMatchObject({ code: 'permission_denied' })
    await until('the end of its process', async () => (await running('web', '1234')) === 0, 5_000)
  })

  it.each<[string, object, string]>([
    ['not found', { command: ['no-such-command'] }, 'command not found'],
    ['not executable', { command: ['/etc/passwd'] }, 'may not be executed'],
    ['of nobody', { command: ['true'], user: 'nobody-at-all' }, 'user or group does not exist'],
  ])('that is %s is an error', async (_, body, text) => {
    await runContainer(ann, withName('web'))
    expect(await ann.fails('POST', '/containers/web/exec', body)).toMatchObject({
      code: 'exec_failed',
      detail: expect.stringContaining(text),
    })
  })

  it('needs a running container and the right', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    expect(await ann.fails('POST', '/containers/web/exec', { command: ['true'] })).toMatchObject({ code: 'container_not_running' })
    expect(await vic.fails('POST', '/containers/web/exec', { command: ['true'] })).toMatchObject({ code: 'permission_denied' })
    expect(await ann.fails('POST', '/containers/web/exec', { command: [], env: ['='], privileged: true })).toMatchObject({
      code: 'invalid_request',
    })
  })
})
