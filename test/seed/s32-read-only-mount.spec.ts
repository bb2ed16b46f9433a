/** S32. The course: `docker run -v /host:/container:ro`; `touch` fails: Read-only file system. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportFolder, HostFolder, rules } from '../admission/support.js'
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

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}
const run = (name: string, ...command: string[]) => ann.ok<Ended>('POST', `/containers/${name}/exec`, { command })

async function refusesToWrite(name: string): Promise<void> {
  const { exitCode, stderr } = await run(name, 'touch', '/data/new')
  expect(exitCode).not.toBe(0)
  expect(stderr).toContain('Read-only file system')
}

describe('s32: a mount that can not be written to', () => {
  it('of a folder of the host', async () => {
    const folder = host.at('data')
    writeFileSync(join(folder, 'file'), 'read me\n')
    await exportFolder(s, team, { alias: 'data', path: folder, readOnly: false })
    const mount = { type: 'bind', source: 'data', target: '/data' }
    await runContainer(ann, withName('reader'), withSpec({ mounts: [{ ...mount, readOnly: true }] }))
    expect(await run('reader', 'cat', '/data/file')).toMatchObject({ stdout: 'read me\n', exitCode: 0 })
    await refusesToWrite('reader')
    // the same folder, asked for to be written to
    await runContainer(ann, withName('writer'), withSpec({ mounts: [mount] }))
    expect(await run('writer', 'touch', '/data/new')).toMatchObject({ exitCode: 0 })
  })

  it('of a folder that is exported read-only, and nobody can ask for more', async () => {
    await exportFolder(s, team, { alias: 'manual', path: host.at('manual') })
    const mount = { type: 'bind', source: 'manual', target: '/data' }
    await runContainer(ann, withName('student'), withSpec({ mounts: [mount] }))
    await refusesToWrite('student')
    const denied = await ann.fails('POST', '/containers', { image: BASE_IMAGE, mounts: [{ ...mount, readOnly: false }] })
    expect(rules(denied)['/mounts/0/readOnly']).toContain('the export is read-only')
  })

  it('of a volume, and of what comes from another container', async () => {
    await runContainer(ann, withName('owner'), withSpec({ mounts: [{ type: 'volume', source: 'files', target: '/data' }] }))
    expect(await run('owner', 'touch', '/data/mine')).toMatchObject({ exitCode: 0 })
    await runContainer(ann, withName('guest'), withSpec({ mounts: [{ type: 'volume', source: 'files', target: '/data', readOnly: true }] }))
    await refusesToWrite('guest')
    await runContainer(ann, withName('visitor'), withSpec({ volumesFrom: ['owner:ro'] }))
    expect(await run('visitor', 'ls', '/data')).toMatchObject({ stdout: 'mine\n' })
    await refusesToWrite('visitor')
  })
})
