/** S36. The course: `--privileged=true` as a cure for "Permission denied". */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inHours, rules, setProfile } from '../admission/support.js'
import { inspect } from '../containers/support/engine.js'
import {
  type Actor,
  BASE_IMAGE,
  runContainer,
  type Scenario,
  scenario,
  type Team,
  withName,
  withoutStart,
  withSpec,
} from '../support/scenario.js'

let s: Scenario
let team: Team
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  team = await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())

const run = (name: string, ...command: string[]) =>
  ann.ok<{ stderr: string; exitCode: number }>('POST', `/containers/${name}/exec`, { command })

describe('s36: privileged', () => {
  it('is refused below its profile, by an error that names the profile and the safer cure', async () => {
    for (const profile of ['restricted', 'baseline'] as const) {
      await setProfile(s, team, { profile })
      const problem = await ann.fails('POST', '/containers?start=true', { image: BASE_IMAGE, user: '1000', privileged: true })
      expect(problem).toMatchObject({ status: 403, code: 'policy_denied', violations: [{ path: '/privileged', profile }] })
      expect(rules(problem)['/privileged']).toMatch(
        /needs the profile "privileged", which an administrator gives for a time\. Where a program gets "Permission denied", mount a volume or a tmpfs/,
      )
    }
  })

  it('is refused to administrators too: it is the team that has a profile', async () => {
    const problem = await s.admin.fails('POST', '/containers', { image: BASE_IMAGE, privileged: true, team: team.name })
    expect(problem.code).toBe('policy_denied')
  })

  it('is not needed: what the error proposes cures a Permission denied', async () => {
    await runContainer(ann, withName('denied'), withSpec({ user: '1000' }))
    const { exitCode, stderr } = await run('denied', 'touch', '/srv-file')
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('Permission denied')
    await runContainer(ann, withName('tmpfs'), withSpec({ user: '1000', mounts: [{ type: 'tmpfs', target: '/work' }] }))
    expect(await run('tmpfs', 'touch', '/work/file')).toMatchObject({ exitCode: 0 })
    await runContainer(ann, withName('owner'), withSpec({ user: '0' }))
    expect(await run('owner', 'touch', '/srv-file')).toMatchObject({ exitCode: 0 })
  })

  it('is made where an administrator gave the profile, as the engine itself says', async () => {
    await setProfile(s, team, { profile: 'privileged', expiresAt: inHours(1) })
    const { id } = await runContainer(ann, withName('power'), withSpec({ privileged: true }), withoutStart())
    expect((await inspect(id)).HostConfig).toMatchObject({ Privileged: true, MaskedPaths: null, ReadonlyPaths: null })
    // Without CAP_SYS_RESOURCE, as on some hosts, an engine can make it and not start it.
    const started = await ann.http.post('/containers/power/start')
    if (started.status !== 200) expect(started.body).toMatchObject({ status: 422, code: 'start_failed' })
  })

  it('ends with the profile', async () => {
    await setProfile(s, team, { profile: 'baseline' })
    expect(await ann.fails('POST', '/containers', { image: BASE_IMAGE, privileged: true })).toMatchObject({ code: 'policy_denied' })
  })
})
