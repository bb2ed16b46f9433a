import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { ownedContainer, type Owned, rawSocket, runs, until } from './support.js'

const ORIGIN = 'https://console.example.org'

let s: Scenario
let alpha: Team
let ann: Actor
let box: Owned
let foreign: Owned

beforeAll(async () => {
  s = await scenario({ env: { BERTH_ALLOWED_ORIGINS: ORIGIN } })
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  box = await ownedContainer(s, alpha, { Cmd: ['sh', '-c', 'echo hello; sleep 600'] })
  foreign = await ownedContainer(s, await s.team('beta'))
})
afterAll(() => s?.end())

const connect = (actor: Actor) => rawSocket(s.url, { token: actor.accessToken })
const logsOf = (ref: string, more: object = {}) => ({ kind: 'container.logs', params: { containers: [ref], follow: true, ...more } })
const execOf = (ref: string, command: string[]) => ({ kind: 'container.exec', params: { container: ref, command } })

describe('a handshake', () => {
  it.each([
    ['no token', undefined],
    ['an empty token', ''],
    ['a token that is no text', { a: 1 }],
    ['garbage', 'x.y.z'],
    ['a huge token', 'x'.repeat(100_000)],
  ])('with %s is refused, with the problem in the error', async (_, token) => {
    await expect(rawSocket(s.url, { token })).rejects.toMatchObject({ data: { code: 'unauthenticated', status: 401 } })
  })

  it('with the token in the query or in a header is refused', async () => {
    await expect(rawSocket(`${s.url}?token=${ann.accessToken}`, {})).rejects.toMatchObject({ data: { code: 'unauthenticated' } })
  })

  it.each(['websocket', 'polling'] as const)('from another origin is refused over %s', async (transport) => {
    await expect(rawSocket(s.url, { token: ann.accessToken, origin: 'https://evil.example', transport })).rejects.toThrow()
    using same = await rawSocket(s.url, { token: ann.accessToken, origin: ORIGIN, transport })
    expect(same.socket.connected).toBe(true)
  })

  it('that went well elsewhere can not be continued from another origin', async () => {
    const open = await fetch(`${s.url}/socket.io/?EIO=4&transport=polling`)
    const { sid } = JSON.parse((await open.text()).slice(1)) as { sid: string }
    const go = (origin: string) =>
      fetch(`${s.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: '40', headers: { origin } })
    expect((await go('https://evil.example')).status).toBe(400)
    expect((await go(ORIGIN)).status).toBe(200)
  })
})

describe('an opening', () => {
  it('of a foreign container is answered like that of a missing one, by the same bytes', async () => {
    using raw = await connect(ann)
    const answers = []
    for (const ref of [foreign.id, foreign.name, foreign.id.slice(0, 12), randomBytes(32).toString('hex'), 'nothing-like-it'])
      for (const message of [logsOf(ref), execOf(ref, ['true'])]) answers.push(await raw.ask('stream:open', message))
    const texts = answers.map(({ error, ...rest }) => JSON.stringify({ ...rest, error: { ...error, requestId: '' } }))
    expect(new Set(texts).size).toBe(1)
    expect(answers[0]).toMatchObject({ ok: false, error: { code: 'not_found' } })
  })

  it('beyond the role names the permission', async () => {
    using raw = await connect(await s.user('vic', { alpha: 'viewer' }))
    expect(await raw.ask('stream:open', execOf(box.id, ['true']))).toMatchObject({
      ok: false,
      error: { code: 'permission_denied', detail: 'this needs the permission containers.exec' },
    })
    expect(await raw.ask('stream:open', logsOf(box.id))).toMatchObject({ ok: true })
  })

  it('leaves one record, and so does a denial', async () => {
    using raw = await connect(ann)
    const before = await records()
    await raw.ask('stream:open', logsOf(box.id))
    await raw.ask('stream:open', logsOf(foreign.id))
    const after = (await records()).slice(0, 2)
    expect((await records()).length - before.length).toBe(2)
    expect(after.map(({ phase, operation, result }) => `${phase} ${operation} ${result}`).sort()).toEqual([
      'denied ContainerLogs not_found',
      'opened ContainerLogs ok',
    ])
  })

  it('of several containers is refused when one of them is foreign', async () => {
    using raw = await connect(ann)
    expect(await raw.ask('stream:open', { kind: 'container.logs', params: { containers: [box.id, foreign.id] } })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    })
  })
})

describe('open streams', () => {
  it('are cut within two seconds when the role is taken away, and the process of an exec is ended', async () => {
    const bob = await s.user('bob', { alpha: 'developer' })
    using raw = await connect(bob)
    const exec = await raw.ask('stream:open', execOf(box.id, ['sleep', '7171']))
    const logs = await raw.ask('stream:open', logsOf(box.id))
    await until('it runs', () => runs(s, box.id, '7171'))
    await s.admin.http.delete(`/teams/${alpha.name}/members/${bob.userId}`).expect(204)
    await until('both are cut', () => raw.end(exec.streamId) && raw.end(logs.streamId), 2_000)
    expect(raw.end(exec.streamId)).toMatchObject({ reason: 'revoked', error: { code: 'permission_denied' } })
    await until('the process is gone', async () => !(await runs(s, box.id, '7171')), 5_000)
    expect(raw.disconnected).toBe(false)
    expect(await raw.ask('stream:open', logsOf(box.id))).toMatchObject({ ok: false, error: { code: 'not_found' } })
  })

  it('keep what a lesser role still allows', async () => {
    const eve = await s.user('eve', { alpha: 'developer' })
    using raw = await connect(eve)
    const exec = await raw.ask('stream:open', execOf(box.id, ['sleep', '7272']))
    const logs = await raw.ask('stream:open', logsOf(box.id))
    await s.admin.ok('PUT', `/teams/${alpha.name}/members/${eve.userId}`, { role: 'viewer' })
    await until('exec is cut', () => raw.end(exec.streamId), 2_000)
    await new Promise((done) => setTimeout(done, 1_500))
    expect(raw.end(logs.streamId)).toBeUndefined()
  })

  it('are cut when the role that was made loses the permission, and a service account is deleted', async () => {
    const role = `talker-${s.suffix}`
    const permissions = ['containers.read', 'containers.logs', 'containers.exec']
    await s.admin.ok('POST', '/roles', { name: role, scope: 'team', permissions })
    const tom = await s.user('tom', { alpha: role })
    const account = await s.admin.ok<{ id: string }>('POST', '/service-accounts', { team: alpha.name, name: 'tail', role })
    const { token } = await s.admin.ok<{ token: string }>('POST', `/service-accounts/${account.id}/tokens`, { name: 't', permissions })
    using raw = await connect(tom)
    using program = await rawSocket(s.url, { token })
    const exec = await raw.ask('stream:open', execOf(box.id, ['sleep', '7373']))
    const logs = await raw.ask('stream:open', logsOf(box.id))
    const tail = await program.ask('stream:open', logsOf(box.id))
    await until('it runs', () => runs(s, box.id, '7373'))
    await s.admin.ok('PATCH', `/roles/${role}`, { permissions: ['containers.read', 'containers.logs'] })
    await until('exec is cut', () => raw.end(exec.streamId), 2_000)
    await until('the process is gone', async () => !(await runs(s, box.id, '7373')), 5_000)
    expect(raw.end(logs.streamId)).toBeUndefined()
    expect(program.end(tail.streamId)).toBeUndefined()
    await s.admin.ok('DELETE', `/service-accounts/${account.id}`)
    await until('it is disconnected', () => program.disconnected, 2_000)
    await s.admin.ok('DELETE', `/teams/${alpha.name}/members/${tom.userId}`)
    await s.admin.ok('DELETE', `/roles/${role}`)
  })

  it('end with the session, and so does the connection', async () => {
    const dan = await s.user('dan', { alpha: 'developer' })
    using raw = await connect(dan)
    const logs = await raw.ask('stream:open', logsOf(box.id))
    await dan.http.post('/auth/logout').expect((answer) => expect(answer.status).toBeLessThan(300))
    await until('it is disconnected', () => raw.disconnected, 2_000)
    expect(raw.end(logs.streamId)).toMatchObject({ reason: 'revoked', error: { code: 'unauthenticated' } })
  })

  it('outlive the access token while its session is valid', async () => {
    await using short = await scenario({ env: { BERTH_ACCESS_TOKEN_TTL: '30' } })
    const team = await short.team('short')
    const user = await short.user('sue', { short: 'developer' })
    const own = await ownedContainer(short, team)
    using raw = await rawSocket(short.url, { token: user.accessToken })
    const logs = await raw.ask('stream:open', logsOf(own.id))
    await until('the token has expired', async () => (await user.http.get('/me')).status === 401, 40_000)
    await new Promise((done) => setTimeout(done, 1_500))
    expect(raw.end(logs.streamId)).toBeUndefined()
    await expect(rawSocket(short.url, { token: user.accessToken })).rejects.toMatchObject({ data: { code: 'unauthenticated' } })
  })
})

async function records(): Promise<{ phase: string; operation: string; result: string }[]> {
  return (await s.admin.ok<{ items: { phase: string; operation: string; result: string }[] }>('GET', '/audit?limit=500')).items.filter(
    ({ phase, operation }) => operation === 'ContainerLogs' && phase !== 'intent',
  )
}
