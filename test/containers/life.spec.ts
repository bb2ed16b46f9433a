import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, withCmd, withName, withoutStart, withSpec } from '../support/scenario.js'
import { containersOf, until } from './support/engine.js'
import type { Container, Page } from './support/types.js'

let s: Scenario
let ann: Actor
let ben: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  const all = await s.admin.ok<Page<Container>>('GET', '/containers?all=true')
  for (const { id } of all.items) await s.admin.http.delete(`/containers/${id}?force=true&volumes=true`)
})

describe('a container', () => {
  it('is created and started in one call, listed, shown and removed', async () => {
    const made = await runContainer(ann, withName('web'), withCmd('sleep', '300'))
    expect(made).toMatchObject({ name: 'web', state: { status: 'running', running: true } })
    const list = await ann.ok<Page<Container>>('GET', '/containers')
    expect(list.items.map(({ name }) => name)).toEqual(['web'])
    const details = await ann.ok<Container>('GET', '/containers/web')
    expect(details).toMatchObject({
      id: made.id,
      team: s.teams.get('alpha')!.name,
      image: { reference: BASE_IMAGE },
      command: ['sleep', '300'],
      createdBy: ann.username,
      resources: { memory: 2_147_483_648, cpus: 2, pids: 1024 },
      restart: { policy: 'no', maxRetries: 0, count: 0 },
    })
    expect(await ann.fails('DELETE', '/containers/web')).toMatchObject({ code: 'container_running' })
    await ann.http.delete('/containers/web?force=true').expect(204)
    await ann.http.get('/containers/web').expect(404)
    expect(await containersOf(s.teams.get('alpha')!)).toEqual([])
  })

  it('shows nothing of how the engine calls it, anywhere', async () => {
    const made = await runContainer(
      ann,
      withName('web'),
      withSpec({ labels: { tier: 'front' }, mounts: [{ type: 'volume', source: 'data', target: '/data' }] }),
    )
    const texts = await Promise.all(
      ['/containers', '/containers/web', '/volumes', '/volumes/data'].map(async (path) => (await ann.http.get(path)).text),
    )
    for (const text of [...texts, JSON.stringify(made)]) {
      expect(text).not.toContain('--')
      expect(text).not.toContain('berth.uid')
      expect(text).not.toContain('/var/lib')
      expect(text).not.toContain('_data')
    }
    expect(made).toMatchObject({ labels: { tier: 'front' } })
  })

  it('is only created without start', async () => {
    expect(await runContainer(ann, withName('later'), withoutStart())).toMatchObject({
      state: { status: 'created', exitCode: null, startedAt: null },
    })
    expect((await ann.ok<Page<Container>>('GET', '/containers')).items).toEqual([])
    expect((await ann.ok<Page<Container>>('GET', '/containers?all=true')).items).toHaveLength(1)
    expect(await ann.ok('POST', '/containers/later/start')).toMatchObject({ state: { status: 'running' } })
  })

  it('gets a name where none is given', async () => {
    const made = await runContainer(ann, withoutStart())
    expect(made.name).toMatch(/^[a-z]+_[a-z]+_\d\d$/)
  })

  it('says its new state after each write', async () => {
    await runContainer(ann, withName('web'), withCmd('sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.1; done'))
    const stopped = await ann.ok<Container>('POST', '/containers/web/stop?timeout=5')
    expect(stopped.state).toMatchObject({ status: 'exited', running: false, exitCode: 3 })
    expect((await ann.ok<Container>('POST', '/containers/web/stop')).state.status).toBe('exited')
    const started = await ann.ok<Container>('POST', '/containers/web/start')
    expect(started.state).toMatchObject({ status: 'running', exitCode: null })
    expect((await ann.ok<Container>('POST', '/containers/web/start')).state.status).toBe('running')
    const restarted = await ann.ok<Container>('POST', '/containers/web/restart?timeout=0')
    expect(restarted.state.status).toBe('running')
    expect(restarted.state.startedAt > started.state.startedAt).toBe(true)
    const killed = await ann.ok<Container>('POST', '/containers/web/kill')
    expect(killed.state).toMatchObject({ status: 'exited', exitCode: 137, explanation: expect.stringContaining('SIGKILL') })
    expect(await ann.fails('POST', '/containers/web/kill')).toMatchObject({ code: 'container_not_running', status: 409 })
  })

  it('takes a signal by name', async () => {
    await runContainer(ann, withName('web'), withCmd('sh', '-c', 'trap "exit 9" USR1; while :; do sleep 0.1; done'))
    await ann.ok('POST', '/containers/web/kill?signal=SIGUSR1')
    await until('the signal', async () => (await ann.ok<Container>('GET', '/containers/web')).state.exitCode === 9)
    expect(await ann.fails('POST', '/containers/web/kill?signal=SIGNOPE')).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/query/signal' }],
    })
  })

  it.each([
    ['a shell without anything to read', ['sh'], 0, 'tty and openStdin'],
    ['a process that ends', ['true'], 0, 'foreground'],
    ['a failure', ['sh', '-c', 'exit 4'], 4, 'code 4'],
    ['a command that a shell does not find', ['sh', '-c', 'nosuchcommand'], 127, 'not found'],
  ])('explains why it does not run: %s', async (_, command, exitCode, text) => {
    await runContainer(ann, withName('brief'), withCmd(...command))
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/brief')).state.status === 'exited')
    expect((await ann.ok<Container>('GET', '/containers/brief')).state).toMatchObject({
      exitCode,
      explanation: expect.stringContaining(text),
    })
  })

  it('is renamed, and its old name is free', async () => {
    const made = await runContainer(ann, withName('web'), withoutStart())
    expect(await ann.ok('POST', '/containers/web/rename', { name: 'shop' })).toMatchObject({ id: made.id, name: 'shop' })
    await ann.http.get('/containers/web').expect(404)
    expect(await containersOf(s.teams.get('alpha')!)).toEqual([`/${s.teams.get('alpha')!.name}--shop`])
    await runContainer(ann, withName('web'), withoutStart())
    expect(await ann.fails('POST', '/containers/web/rename', { name: 'shop' })).toMatchObject({ code: 'name_in_use', status: 409 })
    expect(await ann.ok('GET', '/containers/shop')).toMatchObject({ id: made.id })
    expect(await ann.fails('POST', '/containers/web/rename', { name: 'a'.repeat(12) })).toMatchObject({ errors: [{ pointer: '/name' }] })
  })

  it('tells its processes, with other columns only to those who operate it', async () => {
    await runContainer(ann, withName('web'), withCmd('sleep', '300'))
    const top = await vic.ok<{ titles: string[]; processes: string[][] }>('GET', '/containers/web/top')
    expect(top.titles).toContain('PID')
    expect(top.processes[0]!.join(' ')).toContain('sleep 300')
    expect((await ann.ok<{ titles: string[] }>('GET', '/containers/web/top?args=aux')).titles).toContain('%CPU')
    expect(await vic.fails('GET', '/containers/web/top?args=aux')).toMatchObject({ code: 'permission_denied' })
    for (const args of ['eww', '-eo%20pid%20e', 'aux%20e', 'axe'])
      expect(await ann.fails('GET', `/containers/web/top?args=${args}`)).toMatchObject({ code: 'invalid_request' })
    await ann.ok('POST', '/containers/web/kill')
    expect(await ann.fails('GET', '/containers/web/top')).toMatchObject({ code: 'container_not_running' })
  })

  it('shows env values only to those with the permission', async () => {
    await runContainer(ann, withName('web'), withSpec({ env: ['SECRET=s3cret'] }), withoutStart())
    expect(await ann.ok('GET', '/containers/web')).toMatchObject({ envHidden: false, env: expect.arrayContaining(['SECRET=s3cret']) })
    const seen = await vic.http.get('/containers/web').expect(200)
    expect(seen.body).toMatchObject({ envHidden: true })
    expect(seen.text).not.toContain('s3cret')
  })

  it('is removed by itself at its end with autoRemove', async () => {
    const made = await runContainer(ann, withName('brief'), withCmd('true'), withSpec({ autoRemove: true }))
    expect(made.id).toMatch(/^[0-9a-f]{64}$/)
    await until('its end', async () => (await ann.http.get('/containers/brief')).status === 404)
    await until('its name', async () => (await ann.http.post('/containers').send({ image: BASE_IMAGE, name: 'brief' })).status === 201)
  })
})

describe('another team', () => {
  it('has a container of the same name, and neither sees nor touches the other', async () => {
    const mine = await runContainer(ann, withName('web'))
    const theirs = await runContainer(ben, withName('web'))
    expect(mine.id).not.toBe(theirs.id)
    expect((await ben.ok<Page<Container>>('GET', '/containers?all=true')).items.map(({ id }) => id)).toEqual([theirs.id])
    await ben.http.delete('/containers/web?force=true').expect(204)
    expect(await ann.ok('GET', '/containers/web')).toMatchObject({ id: mine.id, state: { status: 'running' } })
  })

  it.each([
    ['GET', ''],
    ['DELETE', '?force=true'],
    ['POST', '/start'],
    ['POST', '/stop'],
    ['POST', '/restart'],
    ['POST', '/kill'],
    ['POST', '/rename'],
    ['GET', '/top'],
    ['GET', '/logs'],
  ] as const)('gets the same bytes for a foreign and a missing one: %s %s', async (method, rest) => {
    const mine = await runContainer(ann, withName('secret'))
    const missing = 'f'.repeat(64)
    const strip = (problem: object, ref: string) => JSON.stringify({ ...problem, requestId: '' }).replaceAll(ref, 'REF')
    const body = method === 'POST' && rest === '/rename' ? { name: 'x' } : undefined
    const foreign = [
      strip(await ben.fails(method, `/containers/${mine.id}${rest}`, body), mine.id),
      strip(await ben.fails(method, `/containers/secret${rest}`, body), 'secret'),
      strip(await ben.fails(method, `/containers/${mine.id.slice(0, 12)}${rest}`, body), mine.id.slice(0, 12)),
    ]
    expect(new Set([...foreign, strip(await ben.fails(method, `/containers/${missing}${rest}`, body), missing)]).size).toBe(1)
    expect(foreign[0]).toContain('not_found')
    expect(await ann.ok('GET', '/containers/secret')).toMatchObject({ state: { status: 'running' } })
  })
})

describe('a viewer', () => {
  it.each([
    ['POST', '/containers/web/start', 'containers.operate'],
    ['POST', '/containers/web/stop', 'containers.operate'],
    ['POST', '/containers/web/kill', 'containers.operate'],
    ['POST', '/containers/web/rename', 'containers.update'],
    ['DELETE', '/containers/web', 'containers.remove'],
    ['POST', '/containers', 'containers.create'],
  ] as const)('may not %s %s, and is told the permission', async (method, path, permission) => {
    await runContainer(ann, withName('web'), withoutStart())
    expect(await vic.fails(method, path, { name: 'x', image: BASE_IMAGE })).toMatchObject({
      status: 403,
      detail: expect.stringContaining(permission),
    })
    expect(await ann.ok('GET', '/containers/web')).toMatchObject({ state: { status: 'created' } })
  })
})
