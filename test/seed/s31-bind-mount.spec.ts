/** S31. The course: `docker run -it -v /host:/container ubuntu`; files go both ways, and stay over stop and start. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportFolder, HostFolder } from '../admission/support.js'
import { type Actor, BASE_IMAGE, runContainer, type Scenario, scenario, type Team, withName, withSpec } from '../support/scenario.js'

let s: Scenario
let team: Team
let ann: Actor
let host: HostFolder

beforeAll(async () => {
  s = await scenario()
  team = await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  host = new HostFolder()
})
afterAll(async () => {
  await s?.end()
  host?.[Symbol.dispose]()
})

const run = (...command: string[]) => ann.ok<{ stdout: string; exitCode: number }>('POST', '/containers/u1/exec', { command })

describe('s31: a folder of the host in a container', () => {
  it('is refused by its path, and the answer says what to do instead', async () => {
    const mounts = [{ type: 'bind', source: host.at('data'), target: '/data' }]
    const problem = await ann.fails('POST', '/containers?start=true', { image: BASE_IMAGE, mounts })
    expect(problem).toMatchObject({ status: 403, code: 'policy_denied', violations: [{ path: '/mounts/0/source', profile: 'baseline' }] })
    expect(problem.violations![0]!.rule).toMatch(
      /use a volume of the team.*or a host folder that an administrator exported to the team, by its alias/,
    )
  })

  it('once it is exported, files go both ways and stay over stop and start', async () => {
    const folder = host.at('data')
    writeFileSync(join(folder, 'from-host'), 'hello container\n')
    await exportFolder(s, team, { alias: 'data', path: folder, readOnly: false })
    await runContainer(ann, withName('u1'), withSpec({ mounts: [{ type: 'bind', source: 'data', target: '/data' }] }))
    expect(await run('cat', '/data/from-host')).toMatchObject({ stdout: 'hello container\n', exitCode: 0 })
    expect(await run('sh', '-c', 'echo hello host > /data/from-container')).toMatchObject({ exitCode: 0 })
    expect(readFileSync(join(folder, 'from-container'), 'utf8')).toBe('hello host\n')

    await ann.ok('POST', '/containers/u1/stop?timeout=0')
    writeFileSync(join(folder, 'meanwhile'), 'while you slept\n')
    await ann.ok('POST', '/containers/u1/start')
    expect(await run('cat', '/data/meanwhile', '/data/from-container')).toMatchObject({ stdout: 'while you slept\nhello host\n' })
  })

  it('is shown with all that an inspect tells', async () => {
    const { mounts } = await ann.ok<{ mounts: object[] }>('GET', '/containers/u1')
    const shown = { type: 'bind', source: host.at('data'), destination: '/data', rw: true, propagation: 'rprivate' }
    expect(mounts).toEqual([expect.objectContaining(shown)])
  })

  it('keeps its files when the container is removed', async () => {
    await ann.http.delete('/containers/u1?force=true&volumes=true').expect(204)
    expect(readFileSync(join(host.at('data'), 'from-container'), 'utf8')).toBe('hello host\n')
  })
})
