import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import type { Page } from '../containers/support/types.js'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { type Actor, runContainer, scenario, type Scenario, type Team, withName, withoutStart, withSpec } from '../support/scenario.js'
import { type Network, networksOfEngine, wipe } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let mia: Actor
let ben: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  mia = await s.user('mia', { alpha: 'maintainer' })
  ben = await s.user('ben', { beta: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s?.end())
afterEach(() => wipe(s))

const create = (actor: Actor, name: string, more: object = {}) => actor.ok<Network>('POST', '/networks', { name, ...more })
const names = async (actor: Actor, query = '') => (await actor.ok<Page<Network>>('GET', `/networks${query}`)).items.map(({ name }) => name)

async function rows(): Promise<number> {
  return (await s.gateway.app.get(OwnershipStore, { strict: false }).held()).filter(({ kind }) => kind === 'network').length
}

describe('a network', () => {
  it('is made on a subnet of the pool, listed, shown and removed', async () => {
    const made = await create(ann, 'front', { labels: { app: 'shop' } })
    expect(made).toMatchObject({
      name: 'front',
      team: alpha.name,
      driver: 'bridge',
      internal: false,
      isDefault: false,
      labels: { app: 'shop' },
      members: [],
      subnet: expect.stringMatching(/^10\.201\.\d+\.0\/24$/),
    })
    expect(await ann.ok('GET', '/networks')).toMatchObject({ items: [made], nextCursor: null, stale: false })
    for (const ref of ['front', made.id, made.id.slice(0, 12)]) expect(await ann.ok('GET', `/networks/${ref}`)).toEqual(made)
    expect(await networksOfEngine(alpha)).toEqual([`${alpha.name}--front`])
    await ann.http.delete('/networks/front').expect(204)
    await ann.http.get('/networks/front').expect(404)
    expect(await networksOfEngine(alpha)).toEqual([])
    expect(await rows()).toBe(0)
  })

  it('is found by name and label, page by page', async () => {
    for (const name of ['a1', 'a2', 'b1']) await create(ann, name, { labels: { kind: name[0]! } })
    expect(await names(ann, '?name=a')).toEqual(['a1', 'a2'])
    expect(await names(ann, '?label=kind%3Db')).toEqual(['b1'])
    expect(await names(ann, '?label=berth.uid')).toEqual([])
    const first = await ann.ok<Page<Network>>('GET', '/networks?limit=2')
    expect(await names(ann, `?limit=2&cursor=${first.nextCursor}`)).toEqual(['b1'])
  })

  it('tells its members as the team names them, running or not', async () => {
    const { subnet } = await create(ann, 'front')
    const web = await runContainer(ann, withName('web'), withSpec({ network: 'front' }))
    const db = await runContainer(ann, withName('db'), withoutStart(), withSpec({ network: 'front' }))
    const { members } = await ann.ok<Network>('GET', '/networks/front')
    const ip = expect.stringMatching(new RegExp(`^${subnet!.split('.').slice(0, 3).join('\\.')}\\.`))
    expect(members).toEqual([
      { id: db.id, name: 'db', running: false, aliases: [], ip: null },
      { id: web.id, name: 'web', running: true, aliases: [], ip },
    ])
    expect(await ann.ok('GET', '/containers/web')).toMatchObject({ networks: [{ name: 'front', ipAddress: members[1]!.ip }] })
    expect(await ann.ok<Page<{ name: string }>>('GET', '/containers?network=front&all=true')).toMatchObject({
      items: [{ name: 'db' }, { name: 'web' }],
    })
  })

  it('that a container is on stays, whether that runs or not', async () => {
    await create(ann, 'front')
    await runContainer(ann, withName('web'), withSpec({ network: 'front' }))
    const refused = { status: 409, code: 'conflict', detail: expect.stringContaining('web') }
    expect(await ann.fails('DELETE', '/networks/front')).toMatchObject(refused)
    await ann.ok('POST', '/containers/web/stop?timeout=0')
    expect(await ann.fails('DELETE', '/networks/front')).toMatchObject(refused)
    await ann.http.delete('/containers/web').expect(204)
    await ann.http.delete('/networks/front').expect(204)
  })

  it('of a name that the team has already is refused', async () => {
    await create(ann, 'front')
    expect(await ann.fails('POST', '/networks', { name: 'front' })).toMatchObject({ status: 409, errors: [{ pointer: '/name' }] })
    const answers = await Promise.all(Array.from({ length: 4 }, () => ann.http.post('/networks').send({ name: 'once' })))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409])
  })

  it('is made although somebody beside the gateway took its name', async () => {
    const { Id } = await engineJson<{ Id: string }>(bed().socketPath, 'POST', '/networks/create', { Name: `${alpha.name}--taken` })
    const { id } = await create(ann, 'taken')
    expect(id).not.toBe(Id)
    await runContainer(ann, withName('web'), withSpec({ network: 'taken' }))
    expect((await ann.ok<Network>('GET', '/networks/taken')).members.map(({ name }) => name)).toEqual(['web'])
    await engineCall(bed().socketPath, 'DELETE', `/networks/${Id}`)
  })

  it('that was removed beside the gateway is gone, and its name free', async () => {
    const { id } = await create(ann, 'front')
    await engineCall(bed().socketPath, 'DELETE', `/networks/${id}`)
    await expect.poll(() => names(ann), { timeout: 10_000 }).toEqual([])
    await create(ann, 'front')
  })

  it('made anew under its name takes a container back that lost it', async () => {
    const { id } = await create(ann, 'front')
    await runContainer(ann, withName('web'), withSpec({ network: 'front' }))
    await ann.ok('POST', '/containers/web/stop?timeout=0')
    await engineCall(bed().socketPath, 'DELETE', `/networks/${id}`)
    expect(await ann.fails('POST', '/containers/web/start')).toMatchObject({
      code: 'start_failed',
      detail: expect.stringContaining('network'),
    })
    await create(ann, 'front')
    await ann.ok('POST', '/containers/web/start')
    expect((await ann.ok<Network>('GET', '/networks/front')).members.map(({ name }) => name)).toEqual(['web'])
  })
})

describe('the default network', () => {
  it('comes with the first container, stays at a prune, and goes when it is removed', async () => {
    await runContainer(ann, withName('web'))
    expect(await ann.ok('GET', '/networks/default')).toMatchObject({ isDefault: true, members: [{ name: 'web' }] })
    expect(await ann.fails('DELETE', '/networks/default')).toMatchObject({ code: 'conflict' })
    await ann.http.delete('/containers/web?force=true').expect(204)
    expect(await mia.ok('POST', '/networks/prune')).toEqual({ removed: [] })
    await ann.http.delete('/networks/default').expect(204)
    expect(await networksOfEngine(alpha)).toEqual([])
    await runContainer(ann, withName('web'))
    expect(await ann.ok('GET', '/networks/default')).toMatchObject({ members: [{ name: 'web' }] })
  })

  it('is not to be made by hand', async () => {
    expect(await ann.fails('POST', '/networks', { name: 'default' })).toMatchObject({ status: 400, errors: [{ pointer: '/name' }] })
  })
})

describe('a prune', () => {
  it('removes what nothing is on, of the own teams alone', async () => {
    for (const name of ['empty', 'used', 'kept']) await create(ann, name, { labels: { kind: name } })
    await create(ben, 'bens')
    await runContainer(ann, withName('web'), withoutStart(), withSpec({ network: 'used' }))
    expect(await ann.fails('POST', '/networks/prune')).toMatchObject({ code: 'permission_denied' })
    const { id } = await ann.ok<Network>('GET', '/networks/empty')
    expect(await mia.ok('POST', '/networks/prune?label=kind%3Dempty')).toEqual({ removed: [{ id, name: 'empty', team: alpha.name }] })
    expect(await names(mia)).toEqual(['kept', 'used'])
    expect(await mia.ok('POST', '/networks/prune')).toMatchObject({ removed: [{ name: 'kept' }] })
    expect(await names(ben)).toEqual(['bens'])
  })

  it('of an administrator is of the team that is named, and of none without', async () => {
    await create(ann, 'empty')
    await create(ben, 'bens')
    expect(await s.admin.ok('POST', '/networks/prune')).toEqual({ removed: [] })
    expect(await s.admin.ok('POST', `/networks/prune?team=${alpha.name}`)).toMatchObject({ removed: [{ name: 'empty' }] })
    expect(await names(ben)).toEqual(['bens'])
  })
})

describe('teams', () => {
  it('call their networks the same', async () => {
    const one = await create(ann, 'front')
    const other = await create(ben, 'front')
    expect(one.subnet).not.toBe(other.subnet)
    expect((await ben.ok<Page<Network>>('GET', '/networks')).items).toEqual([other])
    expect(await s.admin.fails('GET', '/networks/front')).toMatchObject({ status: 409, code: 'ambiguous_reference' })
    await ben.http.delete('/networks/front').expect(204)
    expect(await ann.ok('GET', '/networks/front')).toEqual(one)
  })

  it.each([
    ['GET', '', undefined],
    ['DELETE', '', undefined],
    ['POST', '/connect', { container: 'web' }],
    ['POST', '/disconnect', { container: 'web' }],
  ] as const)('get the same bytes for a foreign and a missing one: %s%s', async (method, suffix, body) => {
    const { id } = await create(ann, 'secret')
    const missing = '0123456789abcdef'.repeat(4)
    const refs = ['secret', 'missing', `${alpha.name}--secret`, id, id.slice(0, 12), missing, missing.slice(0, 12)]
    const answers = await Promise.all(refs.map((ref) => ben.fails(method, `/networks/${ref}${suffix}`, body)))
    expect(new Set(answers.map((problem) => JSON.stringify({ ...problem, requestId: '' }))).size).toBe(1)
  })

  it("can't put their containers on another's network, nor another's container on theirs", async () => {
    const { id } = await create(ann, 'secret')
    await create(ben, 'bens')
    const { id: web } = await runContainer(ann, withName('web'))
    for (const network of ['secret', id, id.slice(0, 12), `${alpha.name}--secret`, 'nowhere'])
      expect(await ben.fails('POST', '/containers', { image: 'berth.test/busybox:1', network })).toMatchObject({
        status: 400,
        errors: [{ pointer: '/network', detail: 'no such network in the team' }],
      })
    for (const container of ['web', web, web.slice(0, 12), `${alpha.name}--web`, 'nobody', '../x', ''])
      expect(await ben.fails('POST', '/networks/bens/connect', { container })).toMatchObject({
        status: 400,
        errors: [{ pointer: '/container' }],
      })
    expect((await ben.ok<Network>('GET', '/networks/bens')).members).toEqual([])
  })

  it('have viewers who read, and change nothing', async () => {
    await create(ann, 'front')
    expect(await vic.ok('GET', '/networks/front')).toMatchObject({ name: 'front' })
    for (const [method, path, body, permission] of [
      ['POST', '/networks', { name: 'x' }, 'networks.create'],
      ['DELETE', '/networks/front', undefined, 'networks.remove'],
      ['POST', '/networks/front/connect', { container: 'web' }, 'networks.connect'],
      ['POST', '/networks/front/disconnect', { container: 'web' }, 'networks.connect'],
      ['POST', '/networks/prune', undefined, 'networks.prune'],
    ] as const)
      expect(await vic.fails(method, path, body)).toMatchObject({
        code: 'permission_denied',
        detail: expect.stringContaining(permission),
      })
  })
})

describe('what makes no sense', () => {
  it.each([
    [{}, '/name'],
    [{ name: '../x' }, '/name'],
    [{ name: 'a'.repeat(64) }, '/name'],
    [{ name: 'a1b2c3d4e5f6' }, '/name'],
    [{ name: 'host' }, '/name'],
    [{ name: 'bridge' }, '/name'],
    [{ name: 'container' }, '/name'],
    [{ name: 'x', driver: 'macvlan' }, '/driver'],
    [{ name: 'x', options: { parent: 'eth0' } }, '/options'],
    [{ name: 'x', subnet: '10.0.0.0/8' }, '/subnet'],
    [{ name: 'x', internal: 'perhaps' }, '/internal'],
    [{ name: 'x', labels: ['a'] }, '/labels'],
  ])('%j', async (body, pointer) => {
    expect(await ann.fails('POST', '/networks', body)).toMatchObject({ status: 400, errors: [{ pointer }] })
    expect(await rows()).toBe(0)
  })

  it('reserved labels', async () => {
    expect(await ann.fails('POST', '/networks', { name: 'x', labels: { 'berth.uid': 'x' } })).toMatchObject({
      code: 'policy_denied',
      violations: [{ path: '/labels/berth.uid' }],
    })
    expect(await rows()).toBe(0)
  })
})
