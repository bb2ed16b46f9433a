import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../src/store/database.js'
import type { Actor } from '../support/actor.js'
import { runContainer, scenario, type Scenario, type Team, withName, withoutStart, withSpec, withTeam } from '../support/scenario.js'
import { runBeside } from './support/engine.js'
import type { Container, Page } from './support/types.js'

let s: Scenario
let alpha: Team
let beta: Team
let mia: Actor
let dan: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  beta = await s.team('beta')
  mia = await s.user('mia', { alpha: 'maintainer', beta: 'developer' })
  dan = await s.user('dan', { alpha: 'developer' })
})
afterAll(() => s?.end())
afterEach(() => s?.sweep())

interface Report {
  readonly items: readonly {
    ref: string
    done: boolean
    id: string | null
    container?: { name: string; state: { status: string } }
    error?: { code: string; detail: string }
  }[]
}

interface Pruned {
  readonly items: readonly { name: string; team: string }[]
  readonly spaceReclaimed: number
}

const run = (actor: Actor, team: Team, name: string, ...more: Parameters<typeof runContainer>[1][]) =>
  runContainer(actor, withTeam(team.name), withName(name), ...more)
const names = async (team: Team) =>
  (await s.admin.ok<Page<Container>>('GET', `/containers?all=true&team=${team.name}`)).items.map(({ name }) => name).sort()

describe('an action on many', () => {
  it('reports each, and does what it can', async () => {
    const web = await run(mia, alpha, 'web')
    await run(mia, alpha, 'job', withoutStart())
    const report = await mia.ok<Report>('POST', '/containers/actions', { action: 'stop', refs: ['web', 'job', 'nowhere', '!'], timeout: 0 })
    expect(
      report.items.map(({ ref, done, id, error, container }) => ({ ref, done, id, why: error?.code, state: container?.state.status })),
    ).toEqual([
      { ref: 'web', done: true, id: web.id, why: undefined, state: 'exited' },
      { ref: 'job', done: true, id: expect.any(String), why: undefined, state: 'created' },
      { ref: 'nowhere', done: false, id: null, why: 'not_found', state: undefined },
      { ref: '!', done: false, id: null, why: 'invalid_reference', state: undefined },
    ])
    const started = await mia.ok<Report>('POST', '/containers/actions', { action: 'start', refs: [web.id.slice(0, 12), 'job'] })
    expect(started.items.map(({ container }) => container?.state.status)).toEqual(['running', 'running'])
    const kept = await mia.ok<Report>('POST', '/containers/actions', { action: 'remove', refs: ['web', 'job'] })
    expect(kept.items.map(({ error }) => error?.code)).toEqual(['container_running', 'container_running'])
    const gone = await mia.ok<Report>('POST', '/containers/actions', { action: 'remove', refs: ['web', 'job'], force: true })
    expect(gone.items.every(({ done, container }) => done && !container)).toBe(true)
    expect(await names(alpha)).toEqual([])
  })

  it('is a right of its own', async () => {
    await run(mia, alpha, 'web')
    expect(await dan.fails('POST', '/containers/actions', { action: 'stop', refs: ['web'], team: alpha.name })).toMatchObject({
      code: 'permission_denied',
      detail: expect.stringContaining('containers.bulk'),
    })
    expect(await dan.fails('POST', '/containers/actions', { action: 'stop', refs: ['web'] })).toMatchObject({ code: 'permission_denied' })
    expect((await dan.ok<Container>('GET', '/containers/web')).state.status).toBe('running')
  })

  it('touches nothing of other teams, nor of the host', async () => {
    const foreign = await run(s.admin, beta, 'theirs')
    const beside = await runBeside(s)
    const ben = await s.user('ben', { alpha: 'maintainer' })
    const report = await ben.ok<Report>('POST', '/containers/actions', {
      action: 'remove',
      refs: ['theirs', foreign.id, beside.id],
      force: true,
    })
    expect(report.items.map(({ error }) => error?.code)).toEqual(['not_found', 'not_found', 'not_found'])
    // one may act there, but not in bulk
    const own = await mia.ok<Report>('POST', '/containers/actions', { action: 'remove', refs: [foreign.id], force: true })
    expect(own.items[0]?.error?.code).toBe('permission_denied')
    const host = await s.admin.ok<Report>('POST', '/containers/actions', { action: 'remove', refs: [beside.id], force: true })
    expect(host.items[0]?.error?.code).toBe('not_found')
    expect(await names(beta)).toEqual(['theirs'])
  })

  it('leaves records of the call and of each container', async () => {
    await run(mia, alpha, 'web')
    const { headers } = await mia.http
      .post('/containers/actions')
      .send({ action: 'kill', refs: ['web', 'nowhere'] })
      .expect(200)
    const db = s.gateway.app.get(Database, { strict: false })
    const records = await db
      .selectFrom('audit')
      .selectAll()
      .where('request_id', '=', (headers as Record<string, string>)['x-request-id']!)
      .orderBy('seq')
      .execute()
    const seen = records.map(({ operation, phase, result }) => `${operation} ${phase} ${result}`)
    expect(seen[0]).toBe('ContainerBulk intent ok')
    expect(seen.at(-1)).toBe('ContainerBulk outcome ok')
    expect(seen.slice(1, -1).sort()).toEqual(['ContainerKill denied not_found', 'ContainerKill intent ok', 'ContainerKill outcome ok'])
  })

  it.each<[string, object, string]>([
    ['no references', { action: 'stop', refs: [] }, '/refs'],
    ['one twice', { action: 'stop', refs: ['a', 'a'] }, '/refs'],
    ['another action', { action: 'exec', refs: ['a'] }, '/action'],
    ['an option of another action', { action: 'stop', refs: ['a'], force: true }, '/force'],
  ])('does not take %s', async (_, body, pointer) => {
    expect(await mia.fails('POST', '/containers/actions', { ...body, team: alpha.name })).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer }],
    })
  })
})

describe('a prune', () => {
  it('removes what does not run, of the teams where one may', async () => {
    await run(mia, alpha, 'running')
    await run(mia, alpha, 'created', withoutStart())
    await run(mia, alpha, 'ended', withSpec({ command: ['sh', '-c', 'head -c 100000 /dev/zero > /big'] }))
    await s.admin.ok('POST', `/containers/ended/wait?team=${alpha.name}`)
    await run(mia, beta, 'theirs', withoutStart())
    const pruned = await mia.ok<Pruned>('POST', '/containers/prune')
    expect(pruned.items.map(({ name, team }) => ({ name, team })).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'created', team: alpha.name },
      { name: 'ended', team: alpha.name },
    ])
    expect(pruned.spaceReclaimed).toBeGreaterThanOrEqual(100_000)
    expect(await names(alpha)).toEqual(['running'])
    expect(await names(beta)).toEqual(['theirs'])
    // the name is free again
    await run(mia, alpha, 'created', withoutStart())
    expect(await dan.fails('POST', `/containers/prune?team=${alpha.name}`)).toMatchObject({ code: 'permission_denied' })
  })

  it('takes nothing of anybody where an administrator names no team', async () => {
    await run(mia, alpha, 'left', withoutStart())
    expect(await s.admin.ok<Pruned>('POST', '/containers/prune')).toEqual({ items: [], spaceReclaimed: 0 })
    const named = await s.admin.ok<Pruned>('POST', `/containers/prune?team=${alpha.name}`)
    expect(named.items.map(({ name }) => name)).toContain('left')
  })

  it('keeps what the filters do not mean', async () => {
    await run(mia, alpha, 'labelled', withoutStart(), withSpec({ labels: { tier: 'test', keep: 'no' } }))
    await run(mia, alpha, 'plain', withoutStart())
    const before = new Date(Date.now() - 3_600_000).toISOString()
    expect(await mia.ok<Pruned>('POST', '/containers/prune', { until: before })).toEqual({ items: [], spaceReclaimed: 0 })
    expect((await mia.ok<Pruned>('POST', '/containers/prune', { label: ['tier=test', 'keep'] })).items.map(({ name }) => name)).toEqual([
      'labelled',
    ])
    const later = new Date(Date.now() + 3_600_000).toISOString()
    expect((await mia.ok<Pruned>('POST', '/containers/prune', { until: later })).items.map(({ name }) => name)).toEqual(['plain'])
  })
})

describe('a list with sizes', () => {
  it('says what each has written', async () => {
    await run(mia, alpha, 'big', withSpec({ command: ['sh', '-c', 'head -c 100000 /dev/zero > /big'] }))
    await s.admin.ok('POST', `/containers/big/wait?team=${alpha.name}`)
    await run(mia, alpha, 'small', withoutStart())
    const { items } = await mia.ok<Page<Container & { size?: { writable: number; total: number } }>>(
      'GET',
      '/containers?all=true&size=true&sort=name',
    )
    expect(items.map(({ name }) => name)).toEqual(['big', 'small'])
    expect(items[0]!.size!.writable).toBeGreaterThanOrEqual(100_000)
    expect(items[1]!.size!.writable).toBeLessThan(100_000)
    expect(items[0]!.size!.total).toBeGreaterThan(items[0]!.size!.writable)
    const plain = await mia.ok<Page<Container & { size?: object }>>('GET', '/containers?all=true')
    expect(plain.items.every(({ size }) => size === undefined)).toBe(true)
    expect(await mia.ok('GET', '/containers/big?size=true')).toMatchObject({ size: items[0]!.size })
  })
})
