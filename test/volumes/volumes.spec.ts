import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import type { Actor } from '../support/actor.js'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { runContainer, scenario, type Scenario, type Team, withCmd, withName, withoutStart, withSpec } from '../support/scenario.js'
import { runBeside, until, volumeNames } from '../containers/support/engine.js'
import type { Page, Volume } from '../containers/support/types.js'
import { engineOf } from '../streams/support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor
let vic: Actor
let mia: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
  mia = await s.user('mia', { alpha: 'maintainer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  for (const { id } of (await s.admin.ok<Page<{ id: string }>>('GET', '/containers?all=true')).items)
    await s.admin.http.delete(`/containers/${id}?force=true`)
  for (const { name, team } of (await s.admin.ok<Page<Volume>>('GET', '/volumes')).items)
    await s.admin.http.delete(`/volumes/${name}?team=${team}`)
})

/** Of volumes: the team's network stays. */
async function rows(): Promise<number> {
  return (await s.gateway.app.get(OwnershipStore, { strict: false }).held()).filter(({ kind }) => kind === 'volume').length
}

/** As the engine measures it. */
async function sizeOf(name: string): Promise<number | undefined> {
  const row = await s.gateway.app.get(OwnershipStore, { strict: false }).byName('volume', name, { teamIds: [alpha.id] })
  const { df } = await engineOf(s).usage.measure()
  return df.Volumes?.find(({ Name }) => Name === row[0]?.engine_id)?.UsageData?.Size
}

describe('a volume', () => {
  it('is made, listed, shown and removed', async () => {
    const made = await ann.ok<Volume>('POST', '/volumes', { name: 'data', labels: { app: 'shop' } })
    expect(made).toMatchObject({ name: 'data', team: alpha.name, driver: 'local', labels: { app: 'shop' }, anonymous: false, usedBy: [] })
    expect(await ann.ok('GET', '/volumes')).toMatchObject({ items: [made], nextCursor: null, stale: false })
    expect(await ann.ok('GET', '/volumes/data')).toEqual(made)
    expect(await volumeNames()).toContain(`${alpha.name}--data`)
    await ann.http.delete('/volumes/data').expect(204)
    await ann.http.get('/volumes/data').expect(404)
    expect(await volumeNames()).not.toContain(`${alpha.name}--data`)
    expect(await rows()).toBe(0)
  })

  it('gets a name where none is given', async () => {
    const { name } = await ann.ok<Volume>('POST', '/volumes')
    expect(await ann.ok('GET', `/volumes/${name}`)).toMatchObject({ name, anonymous: false })
  })

  it('is found by name and label, page by page', async () => {
    for (const name of ['a1', 'a2', 'b1']) await ann.ok('POST', '/volumes', { name, labels: { kind: name[0]! } })
    const names = async (query: string) => (await ann.ok<Page<Volume>>('GET', `/volumes?${query}`)).items.map(({ name }) => name)
    expect(await names('name=a')).toEqual(['a1', 'a2'])
    expect(await names('label=kind%3Db')).toEqual(['b1'])
    expect(await names('label=berth.uid')).toEqual([])
    const first = await ann.ok<Page<Volume>>('GET', '/volumes?limit=2')
    expect(await names(`limit=2&cursor=${first.nextCursor}`)).toEqual(['b1'])
  })

  it('that a container mounts is not removed, and says who uses it', async () => {
    await runContainer(ann, withName('web'), withoutStart(), withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/d' }] }))
    expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ usedBy: ['web'] })
    expect(await ann.fails('DELETE', '/volumes/data')).toMatchObject({
      status: 409,
      code: 'conflict',
      detail: expect.stringContaining('web'),
    })
    await ann.http.delete('/containers/web').expect(204)
    expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ usedBy: [] })
    await ann.http.delete('/volumes/data').expect(204)
  })

  it('of a name that the team has already is refused', async () => {
    await ann.ok('POST', '/volumes', { name: 'data' })
    expect(await ann.fails('POST', '/volumes', { name: 'data' })).toMatchObject({
      status: 409,
      code: 'name_in_use',
      errors: [{ pointer: '/name' }],
    })
    const answers = await Promise.all(Array.from({ length: 4 }, () => ann.http.post('/volumes').send({ name: 'once' })))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409])
  })

  it('that is on the engine already under our name is not taken over', async () => {
    const engineName = `${alpha.name}--planted`
    await engineJson(bed().socketPath, 'POST', '/volumes/create', {
      Name: engineName,
      Labels: { 'berth.uid': 'x', 'berth.witness': 'forged' },
    })
    s.forget('volumes', engineName)
    const problem = await ann.fails('POST', '/volumes', { name: 'planted' })
    expect(problem).toMatchObject({ code: 'name_in_use' })
    expect(JSON.stringify(problem)).not.toContain('--')
    expect(
      await ann.fails('POST', '/containers', {
        image: 'berth.test/busybox:1',
        mounts: [{ type: 'volume', source: 'planted', target: '/d' }],
      }),
    ).toMatchObject({ code: 'name_in_use' })
    await ann.http.get('/volumes/planted').expect(404)
    expect(await rows()).toBe(0)
    expect(await volumeNames()).toContain(engineName)
  })

  it('that was removed beside the gateway is gone, and its name is free', async () => {
    await ann.ok('POST', '/volumes', { name: 'data' })
    await engineCall(bed().socketPath, 'DELETE', `/volumes/${alpha.name}--data`)
    await until('the end of it', async () => (await ann.http.get('/volumes/data')).status === 404)
    expect(await ann.ok('POST', '/volumes', { name: 'data' })).toMatchObject({ usedBy: [] })
  })

  it("that was replaced beside the gateway is not the team's", async () => {
    await ann.ok('POST', '/volumes', { name: 'data' })
    const name = `${alpha.name}--data`
    await engineCall(bed().socketPath, 'DELETE', `/volumes/${name}`)
    await engineJson(bed().socketPath, 'POST', '/volumes/create', { Name: name })
    s.forget('volumes', name)
    await until('the end of it', async () => (await ann.http.get('/volumes/data')).status === 404)
    await ann.http.delete('/volumes/data').expect(404)
    expect(await volumeNames()).toContain(name)
    await engineCall(bed().socketPath, 'DELETE', `/volumes/${name}`)
  })
})

describe('a prune', () => {
  type Pruned = { removed: { name: string; team: string; size: number | null }[]; reclaimed: number }
  const names = async (actor: Actor) => (await actor.ok<Page<Volume>>('GET', '/volumes')).items.map(({ name }) => name)
  const prune = (actor: Actor, query = '') => actor.ok<Pruned>('POST', `/volumes/prune${query}`)

  it('takes anonymous volumes that nothing mounts, and says what is free', async () => {
    await ann.ok('POST', '/volumes', { name: 'data' })
    const write = ['sh', '-c', 'head -c 100000 /dev/zero > /scratch/x; sleep 300']
    await runContainer(ann, withName('web'), withCmd(...write), withSpec({ mounts: [{ type: 'volume', target: '/scratch' }] }))
    const anonymous = (await ann.ok<Page<Volume>>('GET', '/volumes')).items.find((volume) => volume.anonymous)!
    expect(await prune(mia)).toEqual({ removed: [], reclaimed: 0 })
    await until('the write', async () => (await sizeOf(anonymous.name)) === 100_000)
    // not removed with the container unless asked
    await ann.http.delete('/containers/web?force=true').expect(204)
    expect(await names(ann)).toContain(anonymous.name)
    expect(await prune(mia)).toEqual({ removed: [{ name: anonymous.name, team: alpha.name, size: 100_000 }], reclaimed: 100_000 })
    expect(await names(ann)).toEqual(['data'])
  })

  it('takes all that nothing mounts when asked, of the own teams alone', async () => {
    for (const name of ['free', 'used', 'kept']) await ann.ok('POST', '/volumes', { name, labels: { kind: name } })
    await ben.ok('POST', '/volumes', { name: 'free' })
    await runContainer(ann, withName('web'), withoutStart(), withSpec({ mounts: [{ type: 'volume', source: 'used', target: '/d' }] }))
    expect(await prune(mia, '?all=true&label=kind%3Dfree')).toMatchObject({ removed: [{ name: 'free', team: alpha.name, size: 0 }] })
    expect(await prune(mia, '?all=true')).toMatchObject({ removed: [{ name: 'kept' }] })
    expect(await names(ann)).toEqual(['used'])
    expect(await names(ben)).toEqual(['free'])
    expect(await s.admin.ok('POST', '/volumes/prune?all=true')).toEqual({ removed: [], reclaimed: 0 })
    expect(await names(ben)).toEqual(['free'])
  })

  it('leaves what is mounted beside the gateway', async () => {
    await ann.ok('POST', '/volumes', { name: 'lent' })
    await runBeside(s, { HostConfig: { Binds: [`${alpha.name}--lent:/d`] } })
    expect(await prune(mia, '?all=true')).toEqual({ removed: [], reclaimed: 0 })
    expect(await names(ann)).toEqual(['lent'])
    await s.sweep()
  })

  it('needs its own permission', async () => {
    for (const actor of [ann, vic])
      expect(await actor.fails('POST', '/volumes/prune')).toMatchObject({
        code: 'permission_denied',
        detail: expect.stringContaining('volumes.prune'),
      })
    expect(await mia.fails('POST', '/volumes/prune?all=perhaps')).toMatchObject({ status: 400, errors: [{ pointer: '/query/all' }] })
  })
})

describe('another team', () => {
  it('has its own volume of the same name', async () => {
    await ann.ok('POST', '/volumes', { name: 'data', labels: { whose: 'ann' } })
    await ben.ok('POST', '/volumes', { name: 'data', labels: { whose: 'ben' } })
    expect((await ben.ok<Page<Volume>>('GET', '/volumes')).items).toMatchObject([{ labels: { whose: 'ben' } }])
    await ben.http.delete('/volumes/data').expect(204)
    expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ labels: { whose: 'ann' } })
  })

  it.each(['GET', 'DELETE'] as const)('gets the same bytes for a foreign and a missing one: %s', async (method) => {
    await ann.ok('POST', '/volumes', { name: 'secret' })
    const answers = await Promise.all(['secret', 'missing', `${alpha.name}--secret`].map((name) => ben.fails(method, `/volumes/${name}`)))
    expect(new Set(answers.map((problem) => JSON.stringify({ ...problem, requestId: '' }))).size).toBe(1)
    await ann.http.get('/volumes/secret').expect(200)
  })
})

describe('a viewer', () => {
  it('reads, and changes nothing', async () => {
    await ann.ok('POST', '/volumes', { name: 'data' })
    expect(await vic.ok('GET', '/volumes/data')).toMatchObject({ name: 'data' })
    expect(await vic.fails('POST', '/volumes', { name: 'x' })).toMatchObject({
      code: 'permission_denied',
      detail: expect.stringContaining('volumes.create'),
    })
    expect(await vic.fails('DELETE', '/volumes/data')).toMatchObject({ code: 'permission_denied' })
  })
})

describe('what makes no sense', () => {
  it.each([
    [{ name: '../x' }, '/name'],
    [{ name: '' }, '/name'],
    [{ name: 'a'.repeat(64) }, '/name'],
    [{ name: randomBytes(32).toString('hex') }, '/name'],
    [{ name: 'x', driver: 'nfs' }, '/driver'],
    [{ name: 'x', driverOpts: { device: '/etc' } }, '/driverOpts'],
    [{ name: 'x', labels: ['a'] }, '/labels'],
  ])('%j', async (body, pointer) => {
    expect(await ann.fails('POST', '/volumes', body)).toMatchObject({ status: 400, errors: [{ pointer }] })
    expect(await rows()).toBe(0)
  })

  it('reserved labels', async () => {
    expect(await ann.fails('POST', '/volumes', { name: 'x', labels: { 'berth.uid': 'x' } })).toMatchObject({
      code: 'policy_denied',
      violations: [{ path: '/labels/berth.uid' }],
    })
  })

  it.each([
    ['..%2Fx', 400],
    ['a%2Fb', 400],
    ['%00', 400],
    ['a'.repeat(300), 400],
    ['x%3Fforce=1', 400],
  ])('the reference %s', async (ref, status) => {
    for (const method of ['GET', 'DELETE'] as const) expect((await ann.fails(method, `/volumes/${ref}`)).status).toBe(status)
  })
})
