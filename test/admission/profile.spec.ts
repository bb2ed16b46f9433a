import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TeamStore } from '../../src/store/teams.store.js'
import { inspect } from '../containers/support/engine.js'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, type Team, withoutStart, withSpec } from '../support/scenario.js'
import { faults, HostFolder, inHours, rules, setProfile, type TeamProfile } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let max: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  max = await s.user('max', { alpha: 'maintainer' })
})
afterAll(() => s?.end())

const create = (spec: object) => ann.fails('POST', '/containers', { image: BASE_IMAGE, ...spec })
const path = () => `/teams/${alpha.name}/profile`

describe('the profile of a team', () => {
  it('is baseline where nobody decided, and every member may see it', async () => {
    expect(await ann.ok<TeamProfile>('GET', path())).toMatchObject({
      team: alpha.name,
      profile: 'baseline',
      effective: 'baseline',
      expiresAt: null,
      granted: { hostPaths: [], capabilities: [], cgroupParent: '', portRange: { first: 1024, last: 65_535 } },
      exports: [],
    })
  })

  it('is decided by administrators alone: nobody lifts their own team', async () => {
    for (const who of [ann, max])
      expect(await who.fails('PUT', path(), { profile: 'privileged', expiresAt: inHours(1) })).toMatchObject({ code: 'permission_denied' })
  })

  it('counts from the next creation on', async () => {
    const spec = { image: BASE_IMAGE, restart: { policy: 'always' } }
    await setProfile(s, alpha, { profile: 'restricted' })
    const denied = await ann.fails('POST', '/containers', spec)
    expect(denied).toMatchObject({ status: 403, code: 'policy_denied', violations: [{ path: '/restart/policy', profile: 'restricted' }] })
    await setProfile(s, alpha, { profile: 'baseline' })
    await ann.ok('POST', '/containers', spec)
  })

  it('restricted needs a user that is not root, and takes every capability away', async () => {
    await setProfile(s, alpha, { profile: 'restricted' })
    expect(rules(await create({}))).toHaveProperty('/user')
    const { id } = await runContainer(ann, withSpec({ user: '1000' }), withoutStart())
    expect((await inspect(id)).HostConfig).toMatchObject({ CapDrop: ['ALL'], Memory: 512 * 1024 * 1024, PidsLimit: 256 })
    await setProfile(s, alpha, { profile: 'baseline' })
  })

  it('gives the network of the host no more, not through a container that has it either', async () => {
    await setProfile(s, alpha, { profile: 'privileged', expiresAt: inHours(1) })
    const old = await runContainer(ann, withSpec({ network: 'host' }))
    const other = await runContainer(ann, withSpec({ network: `container:${old.id}` }))
    await setProfile(s, alpha, { profile: 'baseline' })
    for (const { id } of [old, other]) expect(rules(await create({ network: `container:${id}` }))).toHaveProperty('/network')
    const plain = await runContainer(ann)
    await ann.ok('POST', '/containers', { image: BASE_IMAGE, network: `container:${plain.id}` })
  })

  it('narrows the host ports that the team may name', async () => {
    await setProfile(s, alpha, { profile: 'baseline', granted: { portRange: { first: 31_000, last: 31_009 } } })
    const denied = await create({ ports: [{ container: 80, host: 8080 }] })
    expect(rules(denied)['/ports/0/host']).toContain('31000 to 31009')
    await setProfile(s, alpha, { profile: 'baseline' })
  })
})

describe('privileged', () => {
  it('has an end, in the future and not far', async () => {
    const put = (body: object) => s.admin.fails('PUT', path(), body)
    expect(faults(await put({ profile: 'privileged' }))).toEqual({ '/expiresAt': 'is required with the profile privileged' })
    expect(faults(await put({ profile: 'privileged', expiresAt: inHours(-1) }))).toEqual({ '/expiresAt': 'must be in the future' })
    expect(faults(await put({ profile: 'privileged', expiresAt: inHours(24 * 365) }))).toHaveProperty('/expiresAt')
    expect(faults(await put({ profile: 'baseline', expiresAt: inHours(1) }))).toHaveProperty('/expiresAt')
  })

  it('ends by itself: from then on the team is baseline', async () => {
    await setProfile(s, alpha, { profile: 'privileged', expiresAt: inHours(1) })
    const { id } = await runContainer(ann, withSpec({ privileged: true }), withoutStart())
    expect((await inspect(id)).HostConfig['Privileged']).toBe(true)
    await s.gateway.app.get(TeamStore, { strict: false }).update(alpha.id, { profile_expires_at: inHours(-0.001) })
    expect(await ann.ok<TeamProfile>('GET', path())).toMatchObject({ profile: 'privileged', effective: 'baseline' })
    expect(rules(await create({ privileged: true }))['/privileged']).toContain('profile "privileged"')
    await setProfile(s, alpha, { profile: 'baseline' })
  })

  it('may mount the exact paths that were granted, and no others', async () => {
    using host = new HostFolder()
    const granted = host.at('granted')
    await setProfile(s, alpha, { profile: 'privileged', expiresAt: inHours(1), granted: { hostPaths: [granted] } })
    const mounts = (source: string) => ({ mounts: [{ type: 'bind', source, target: '/data' }] })
    const { id } = await runContainer(ann, withSpec(mounts(granted)), withoutStart())
    expect((await inspect(id)).Mounts).toMatchObject([{ Type: 'bind', Destination: '/data' }])
    for (const source of [host.path, host.at('granted/below'), '/etc'])
      expect(rules(await create(mounts(source)))).toHaveProperty('/mounts/0/source')
    await s.admin.ok('DELETE', `/containers/${id}`)
    await setProfile(s, alpha, { profile: 'baseline', granted: { hostPaths: [granted] } })
    expect(rules(await create(mounts(granted)))).toHaveProperty('/mounts/0/source')
    await setProfile(s, alpha, { profile: 'baseline' })
  })
})

describe('what is granted', () => {
  it.each([
    ['a folder that is not there', { hostPaths: ['/nowhere/at/all'] }, '/granted/hostPaths/0'],
    ['the whole host', { hostPaths: ['/'] }, '/granted/hostPaths/0'],
    ['the kernel', { hostPaths: ['/proc/sys'] }, '/granted/hostPaths/0'],
    ['a capability that is none', { capabilities: ['cap_chown'] }, '/granted/capabilities'],
    ['a device that is none', { devices: ['/dev/../etc'] }, '/granted/devices'],
    ['a range that is turned round', { portRange: { first: 3000, last: 2000 } }, '/granted/portRange/last'],
    ['a parent that leaves its own', { cgroupParent: '/a/../..' }, '/granted/cgroupParent'],
  ])('is not %s', async (_, granted, pointer) => {
    const problem = await s.admin.fails('PUT', path(), { profile: 'baseline', granted })
    expect(problem.code).toBe('invalid_request')
    expect(Object.keys(faults(problem))).toEqual([pointer])
  })

  it('is replaced as a whole', async () => {
    await setProfile(s, alpha, { profile: 'baseline', granted: { dns: ['9.9.9.9'], runtimes: ['runsc'] } })
    expect((await setProfile(s, alpha, { profile: 'baseline', granted: { dns: ['9.9.9.9'] } })).granted).toMatchObject({
      dns: ['9.9.9.9'],
      runtimes: [],
    })
  })
})

describe('two administrators at the same time', () => {
  it('do not overwrite each other', async () => {
    const read = await s.admin.http.get(path()).expect(200)
    const etag = read.headers['etag']!
    const changed = await s.admin.http.put(path()).set('if-match', etag).send({ profile: 'restricted' }).expect(200)
    expect(changed.headers['etag']).not.toBe(etag)
    const late = await s.admin.http.put(path()).set('if-match', etag).send({ profile: 'baseline' }).expect(412)
    expect(late.body).toMatchObject({ code: 'precondition_failed' })
    expect(await ann.ok<TeamProfile>('GET', path())).toMatchObject({ profile: 'restricted' })
    await s.admin.http.put(path()).set('if-match', changed.headers['etag']!).send({ profile: 'baseline' }).expect(200)
  })
})
