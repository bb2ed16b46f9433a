import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { components } from '../../clients/typescript/src/index.js'
import { inspect } from '../containers/support/engine.js'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, type Team, withoutStart, withSpec } from '../support/scenario.js'
import { faults, inHours, type ProfileBody, rules, setProfile } from './support.js'

type SeccompProfile = components['schemas']['SeccompProfile']
type Details = components['schemas']['ContainerDetails']

let s: Scenario
let alpha: Team
let beta: Team
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario()
  ;[alpha, beta] = [await s.team('alpha'), await s.team('beta')]
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
})
afterAll(() => s?.end())

/** Everything but these, which answer EPERM. */
const without = (...names: string[]) => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names, action: 'SCMP_ACT_ERRNO' }],
})
const NO_FOLDERS = without('mkdir', 'mkdirat')
const put = (name: string, body: object) => s.admin.ok<SeccompProfile>('PUT', `/seccomp-profiles/${name}`, body)
const drop = (name: string) => s.admin.http.delete(`/seccomp-profiles/${name}`).expect(204)
const privileged = (...securityOptions: string[]): ProfileBody => ({
  profile: 'privileged',
  expiresAt: inHours(1),
  granted: { securityOptions },
})
const create = (actor: Actor, ...securityOptions: string[]) => actor.fails('POST', '/containers', { image: BASE_IMAGE, securityOptions })
const details = (actor: Actor, id: string) => actor.ok<Details>('GET', `/containers/${id}`)
const run = (id: string, ...command: string[]) =>
  ann.ok<{ stderr: string; exitCode: number }>('POST', `/containers/${id}/exec`, { command })
const engineOptions = async (id: string) => (await inspect(id)).HostConfig['SecurityOpt']

describe('a seccomp profile that an administrator named', () => {
  it('holds on the engine, and is shown by its name', async () => {
    await put('no-folders', NO_FOLDERS)
    await setProfile(s, alpha, privileged('seccomp=no-folders'))
    const filtered = await runContainer(ann, withSpec({ securityOptions: ['seccomp=no-folders'] }))
    const plain = await runContainer(ann)
    expect(await run(filtered.id, 'mkdir', '/tmp/x')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not permitted') })
    expect(await run(filtered.id, 'touch', '/tmp/y')).toMatchObject({ exitCode: 0 })
    expect(await run(plain.id, 'mkdir', '/tmp/x')).toMatchObject({ exitCode: 0 })
    expect(await engineOptions(filtered.id)).toEqual(['no-new-privileges', `seccomp=${JSON.stringify(NO_FOLDERS)}`])
    const seen = await details(ann, filtered.id)
    expect(seen.securityOptions).toEqual(['no-new-privileges', 'seccomp=no-folders'])
    expect(JSON.stringify(seen)).not.toContain('SCMP_ACT')
    expect(seen.labels).toEqual({})
    expect((await details(ann, plain.id)).securityOptions).toEqual(['no-new-privileges'])
    await drop('no-folders')
  })

  it('is for the teams whose profile grants it, and for no other', async () => {
    await put('granted', NO_FOLDERS)
    await put('other', NO_FOLDERS)
    await setProfile(s, alpha, privileged('seccomp=granted'))
    const text = 'no-new-privileges is always set, with what an administrator named for the team'
    for (const option of ['seccomp=other', 'seccomp=nowhere', 'seccomp=unconfined'])
      expect(rules(await create(ann, option))).toEqual({ '/securityOptions': text })
    for (const profile of ['restricted', 'baseline'] as const) {
      await setProfile(s, beta, { profile, granted: { securityOptions: ['seccomp=granted'] } })
      expect(rules(await create(ben, 'seccomp=granted')), profile).toHaveProperty('/securityOptions')
    }
    // an end of the privilege is an end of this too
    await setProfile(s, alpha, { profile: 'baseline' })
    expect(rules(await create(ann, 'seccomp=granted'))).toHaveProperty('/securityOptions')
    for (const name of ['granted', 'other']) await drop(name)
  })

  it('is refused by its name once it was taken away; what has it keeps it', async () => {
    await put('short-lived', NO_FOLDERS)
    await setProfile(s, alpha, privileged('seccomp=short-lived'))
    const { id } = await runContainer(ann, withSpec({ securityOptions: ['seccomp=short-lived'] }))
    await drop('short-lived')
    const denied = await create(ann, 'seccomp=short-lived')
    expect(denied).toMatchObject({ status: 403, code: 'policy_denied' })
    expect(rules(denied)['/securityOptions']).toBe(
      'an administrator has taken the seccomp profile short-lived away: ask for another, or leave it out',
    )
    await ann.ok('POST', `/containers/${id}/restart?timeout=0`)
    expect(await run(id, 'mkdir', '/tmp/x')).toMatchObject({ exitCode: 1 })
    expect((await details(ann, id)).securityOptions).toContain('seccomp=short-lived')
  })

  it('counts as it was changed from the next creation on', async () => {
    const first = await put('changing', NO_FOLDERS)
    await setProfile(s, alpha, privileged('seccomp=changing'))
    const old = await runContainer(ann, withSpec({ securityOptions: ['seccomp=changing'] }), withoutStart())
    const second = await put('changing', without('chmod', 'fchmodat'))
    expect(second).toMatchObject({ name: 'changing', createdAt: first.createdAt, teams: [alpha.name] })
    const { id } = await runContainer(ann, withSpec({ securityOptions: ['seccomp=changing'] }))
    expect(await run(id, 'mkdir', '/tmp/x')).toMatchObject({ exitCode: 0 })
    expect(await run(id, 'chmod', '700', '/tmp/x')).toMatchObject({ exitCode: 1 })
    expect(await engineOptions(old.id)).toContain(`seccomp=${JSON.stringify(NO_FOLDERS)}`)
    await drop('changing')
  })

  it('is unconfined for the privileged alone, where an administrator said so', async () => {
    await setProfile(s, alpha, privileged('seccomp=unconfined'))
    const { id } = await runContainer(ann, withSpec({ securityOptions: ['seccomp=unconfined'] }), withoutStart())
    expect(await engineOptions(id)).toEqual(['no-new-privileges', 'seccomp=unconfined'])
    expect((await details(ann, id)).securityOptions).toEqual(['no-new-privileges', 'seccomp=unconfined'])
    await setProfile(s, alpha, { profile: 'baseline', granted: { securityOptions: ['seccomp=unconfined'] } })
    expect(rules(await create(ann, 'seccomp=unconfined'))).toHaveProperty('/securityOptions')
  })

  it('can not be sent by a team itself', async () => {
    await setProfile(s, alpha, privileged('seccomp=unconfined'))
    for (const option of [`seccomp=${JSON.stringify(NO_FOLDERS)}`, 'seccomp=/etc/passwd', 'seccomp=', 'systempaths=unconfined'])
      expect(faults(await create(ann, option)), option).toHaveProperty('/securityOptions')
    await setProfile(s, alpha, { profile: 'baseline' })
  })
})

describe('naming a seccomp profile', () => {
  it('is for administrators; auditors may read', async () => {
    await put('shown', NO_FOLDERS)
    await setProfile(s, alpha, privileged('seccomp=shown'))
    const auditor = await s.user('auditor', {}, { hostRole: 'auditor' })
    for (const who of [s.admin, auditor]) {
      expect(await who.ok('GET', '/seccomp-profiles/shown')).toMatchObject({ profile: NO_FOLDERS, teams: [alpha.name] })
      const { items } = await who.ok<{ items: object[] }>('GET', '/seccomp-profiles')
      expect(items).toMatchObject([{ name: 'shown', teams: [alpha.name] }])
      expect(items[0]).not.toHaveProperty('profile')
    }
    expect(await auditor.fails('PUT', '/seccomp-profiles/mine', NO_FOLDERS)).toMatchObject({ code: 'permission_denied' })
    expect(await auditor.fails('DELETE', '/seccomp-profiles/shown')).toMatchObject({ code: 'permission_denied' })
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/shown'],
      ['PUT', '/shown'],
      ['DELETE', '/shown'],
    ] as const)
      expect(await ann.fails(method, `/seccomp-profiles${path}`, method === 'PUT' ? NO_FOLDERS : undefined)).toMatchObject({
        code: 'permission_denied',
      })
    await drop('shown')
    expect(await s.admin.fails('GET', '/seccomp-profiles/shown')).toMatchObject({ code: 'not_found' })
    expect(await s.admin.fails('DELETE', '/seccomp-profiles/shown')).toMatchObject({ code: 'not_found' })
    await setProfile(s, alpha, { profile: 'baseline' })
  })

  it.each([
    ['no default', { syscalls: [] }, '/defaultAction'],
    ['no rules', { defaultAction: 'SCMP_ACT_ALLOW' }, '/syscalls'],
    ['an action that is none', { ...NO_FOLDERS, defaultAction: 'ALLOW' }, '/defaultAction'],
    [
      'calls that a socket of the host would answer',
      { ...NO_FOLDERS, syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] },
      '/syscalls/0/action',
    ],
    ['such a socket', { ...NO_FOLDERS, listenerPath: '/run/x.sock' }, '/listenerPath'],
    ['flags of the kernel', { ...NO_FOLDERS, flags: ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'] }, '/flags'],
    ['a rule for nothing', { ...NO_FOLDERS, syscalls: [{ names: [], action: 'SCMP_ACT_ALLOW' }] }, '/syscalls/0/names'],
    ['a call that is none', { ...NO_FOLDERS, syscalls: [{ names: ['mk dir'], action: 'SCMP_ACT_ALLOW' }] }, '/syscalls/0/names'],
    [
      'an argument that no call has',
      { ...NO_FOLDERS, syscalls: [{ names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }] },
      '/syscalls/0/args/0/index',
    ],
    [
      'architectures twice',
      { ...NO_FOLDERS, architectures: ['SCMP_ARCH_X86_64'], archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }] },
      '/archMap',
    ],
  ])('refuses %s', async (_what, body, pointer) => {
    const problem = await s.admin.fails('PUT', '/seccomp-profiles/wrong', body)
    expect(problem.code).toBe('invalid_request')
    expect(Object.keys(faults(problem))).toEqual([pointer])
    expect(await s.admin.fails('GET', '/seccomp-profiles/wrong')).toMatchObject({ code: 'not_found' })
  })

  it('refuses names that mean something to the engine, or lead elsewhere', async () => {
    for (const name of ['unconfined', 'builtin', 'A', '-a', 'a'.repeat(64), '%2e%2e'])
      expect((await s.admin.fails('PUT', `/seccomp-profiles/${name}`, NO_FOLDERS)).status, name).toBeGreaterThanOrEqual(400)
  })

  it('refuses one that is too large', async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `call_${'x'.repeat(40)}_${at}`)
    const body = { ...NO_FOLDERS, syscalls: Array.from({ length: 3 }, () => ({ names, action: 'SCMP_ACT_ALLOW' })) }
    expect(await s.admin.fails('PUT', '/seccomp-profiles/large', body)).toMatchObject({ code: 'invalid_request' })
  })

  it('takes what the engine itself has as its own', async () => {
    const { profile } = await put('whole', {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] }],
      syscalls: [
        { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW', comment: '' },
        {
          names: ['ptrace'],
          action: 'SCMP_ACT_ALLOW',
          includes: { minKernel: '4.8' },
          excludes: { caps: ['CAP_SYS_PTRACE'], arches: ['s390'] },
        },
        {
          names: ['clone'],
          action: 'SCMP_ACT_ERRNO',
          errnoRet: 38,
          args: [{ index: 0, value: 2_114_060_288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
        },
      ],
    })
    expect(profile.syscalls).toHaveLength(3)
    await drop('whole')
  })

  it('comes before granting it', async () => {
    const problem = await s.admin.fails('PUT', `/teams/${alpha.name}/profile`, privileged('no-new-privileges=false', 'seccomp=not-yet'))
    expect(faults(problem)).toEqual({ '/granted/securityOptions/1': 'there is no seccomp profile not-yet: name one first' })
    const raw = await s.admin.fails('PUT', `/teams/${alpha.name}/profile`, privileged(`seccomp=${JSON.stringify(NO_FOLDERS)}`))
    expect(faults(raw)).toHaveProperty('/granted/securityOptions')
  })
})
