import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { components } from '../../clients/typescript/src/index.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { containersOf, imageWith, volumeNames } from '../containers/support/engine.js'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, type Team, withName, withoutStart } from '../support/scenario.js'
import { setProfile } from './support.js'

type Verdict = components['schemas']['PolicyVerdict']

let s: Scenario
let alpha: Team
let ann: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s?.end())

const check = (spec: object, team?: string) => ann.ok<Verdict>('POST', '/policy/check', { team, spec: { image: BASE_IMAGE, ...spec } })

/** Everything wrong at once. */
const HOSTILE = {
  privileged: true,
  network: 'host',
  mounts: [{ type: 'bind', source: '/etc', target: '/host' }],
  ports: [{ container: 80, host: 80 }],
  labels: { 'berth.uid': 'mine' },
}

describe('POST /policy/check', () => {
  it('answers by the same judgement that the creation gets', async () => {
    const { code, violations } = await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...HOSTILE })
    expect(code).toBe('policy_denied')
    const verdict = await check(HOSTILE)
    expect(verdict).toEqual({ allowed: false, profile: 'baseline', imageJudged: true, violations, errors: [] })
    expect(verdict.violations.map(({ path }) => path).sort()).toEqual([
      '/labels/berth.uid',
      '/mounts/0/source',
      '/network',
      '/ports/0/host',
      '/privileged',
    ])
  })

  it('says so where nothing stands against it', async () => {
    expect(await check({ command: ['sleep', '1'] })).toEqual({
      allowed: true,
      profile: 'baseline',
      imageJudged: true,
      violations: [],
      errors: [],
    })
  })

  it('goes by the profile that counts now', async () => {
    await setProfile(s, alpha, { profile: 'restricted' })
    expect(await check({})).toMatchObject({ allowed: false, profile: 'restricted', violations: [{ path: '/user' }] })
    await setProfile(s, alpha, { profile: 'baseline' })
  })

  it('looks into the image, where the team has it', async () => {
    const image = await imageWith(s, alpha, { WorkingDir: '/proc/self/fd/7' })
    expect(await check({ image, privileged: true })).toMatchObject({
      allowed: false,
      imageJudged: true,
      violations: [{ path: '/privileged' }, { path: '/image' }],
    })
    expect(await check({ image: 'nowhere.invalid/nothing:1' })).toMatchObject({ allowed: true, imageJudged: false })
  })

  it('tells what makes no sense from what is not allowed', async () => {
    const contradiction = { ports: [{ container: 80, host: 5000 }], count: 2, privileged: true }
    expect(await check(contradiction)).toMatchObject({
      allowed: false,
      errors: [{ pointer: '/ports/0/host' }],
      violations: [{ path: '/privileged' }],
    })
    expect(await ann.fails('POST', '/policy/check', { spec: { image: BASE_IMAGE, cpu: 5 } })).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/spec/cpu' }],
    })
  })

  it('is for those who may create in the team', async () => {
    expect(await vic.fails('POST', '/policy/check', { spec: { image: BASE_IMAGE } })).toMatchObject({ code: 'permission_denied' })
    const foreign = await ann.fails('POST', '/policy/check', { team: s.teams.get('beta')!.name, spec: { image: BASE_IMAGE } })
    expect(foreign).toMatchObject({ code: 'not_found' })
  })
})

describe('a creation with dryRun=true', () => {
  const dry = (spec: object, query = '') => ann.http.post(`/containers?dryRun=true${query}`).send({ image: BASE_IMAGE, ...spec })

  it('makes nothing and claims nothing, whatever it would have made', async () => {
    const rows = () => s.gateway.app.get(OwnershipStore, { strict: false }).held()
    const [before, volumes] = [await rows(), await volumeNames()]
    const mounts = [
      { type: 'volume', source: 'dry-volume', target: '/data' },
      { type: 'volume', target: '/cache' },
    ]
    await dry({ name: 'dry', mounts, publishAll: true }, '&start=true').expect(204)
    await ann.http.post('/volumes?dryRun=true').send({ name: 'dry-volume' }).expect(204)
    expect(await rows()).toEqual(before)
    expect(await volumeNames()).toEqual(volumes)
    expect(await containersOf(alpha)).toEqual([])
  })

  it('fails as the creation would', async () => {
    const { body: denied } = await dry(HOSTILE).expect(403)
    expect(denied).toMatchObject({ code: 'policy_denied', violations: { length: 5 } })
    const { body: unknown } = await dry({ image: 'nowhere.invalid/nothing:1', pull: 'never' }).expect(409)
    expect(unknown).toMatchObject({ code: 'image_not_present' })
    const { body: wrong } = await dry({ command: 'sleep' }).expect(400)
    expect(wrong).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/command' }] })
    await runContainer(ann, withName('taken'), withoutStart())
    const { body: taken } = await dry({ name: 'taken' }).expect(409)
    expect(taken).toMatchObject({ code: 'name_in_use' })
    await ann.ok('POST', '/volumes', { name: 'taken' })
    expect((await ann.http.post('/volumes?dryRun=true').send({ name: 'taken' }).expect(409)).body).toMatchObject({ code: 'name_in_use' })
    await ann.http
      .post('/volumes?dryRun=true')
      .send({ labels: { 'berth.uid': 'mine' } })
      .expect(403)
  })

  it('pulls nothing', async () => {
    await dry({ image: 'nowhere.invalid/nothing:1' }).expect(204)
  })
})
