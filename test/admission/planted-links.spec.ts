/**
 * Links that a team plants in a folder of the host, or that take a folder's place between the decision and the mount
 * (CVE-2018-15664 by its class): none leads out.
 */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { containersOf, inspect } from '../containers/support/engine.js'
import { RecordingEngine } from '../http/support/recording-engine.js'
import type { Actor } from '../support/actor.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, type Team, withoutStart, withSpec } from '../support/scenario.js'
import { exportFolder, faults, HostFolder, rules } from './support.js'

let engine: RecordingEngine
let s: Scenario
let alpha: Team
let ann: Actor
let host: HostFolder
/** What nobody has opened to anybody. */
let outside: string

beforeAll(async () => {
  engine = await RecordingEngine.start()
  s = await scenario({ dockerHost: engine.dockerHost })
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  host = new HostFolder()
  outside = mkdtempSync(join(tmpdir(), 'berth-outside-'))
  writeFileSync(join(outside, 'secret'), 'canary of the host')
})
afterEach(async () => {
  engine.onRequest = () => undefined
  await s.sweep()
})
afterAll(async () => {
  await s?.end()
  await engine?.stop()
  host?.[Symbol.dispose]()
  rmSync(outside, { recursive: true, force: true })
})

const bind = (source: string, more: object = {}) => ({ mounts: [{ type: 'bind', source, target: '/data', ...more }] })
const run = (id: string, ...command: string[]) =>
  ann.ok<{ stdout: string; exitCode: number }>('POST', `/containers/${id}/exec`, { command })
const isRunning = async (id: string) => ((await inspect(id)) as unknown as { State: { Running: boolean } }).State.Running

/** A folder that the team may write to, in which it has planted a link; and the way back of a swap. */
async function opened(alias: string): Promise<{ path: string; swap: () => void; back: () => void }> {
  const path = host.at(alias)
  await exportFolder(s, alpha, { alias, path, readOnly: false })
  const swap = (): void => {
    renameSync(path, `${path}-real`)
    symlinkSync(outside, path)
  }
  const back = (): void => {
    rmSync(path)
    renameSync(`${path}-real`, path)
  }
  return { path, swap, back }
}
const close = (alias: string) => s.admin.http.delete(`/host-exports/${alias}`).expect(204)

describe('a link that a team plants in its folder', () => {
  it('is no source of a mount, by the alias or by the path', async () => {
    const { path } = await opened('planted')
    const { id } = await runContainer(ann, withSpec(bind('planted')))
    expect(await run(id, 'ln', '-s', outside, '/data/x')).toMatchObject({ exitCode: 0 })
    expect(existsSync(join(path, 'x', 'secret'))).toBe(true)
    for (const source of ['planted/x', 'planted/../planted/x', './planted/x', `${path}/x`, outside])
      expect(rules(await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...bind(source) })), source).toHaveProperty(
        '/mounts/0/source',
      )
    // nor does it lead anywhere but within the container
    expect(await run(id, 'cat', '/data/x/secret')).toMatchObject({ exitCode: 1 })
    expect(await ann.fails('GET', `/containers/${id}/archive?path=/data/x/secret`)).toMatchObject({ code: 'file_not_found' })
    await close('planted')
  })

  it('makes no administrator open what it leads to', async () => {
    const { path } = await opened('lure')
    symlinkSync(outside, join(path, 'x'))
    symlinkSync(join(path, 'x'), join(host.path, 'by-another'))
    for (const asked of [join(path, 'x'), join(host.path, 'by-another'), join(path, '..', 'lure', 'x')]) {
      const problem = await s.admin.fails('POST', '/host-exports', { alias: 'x', path: asked, teams: [alpha.name] })
      expect(faults(problem)['/path'], asked).toContain('a link in a folder that a team may write to')
    }
    rmSync(join(host.path, 'by-another'))
    await close('lure')
  })

  it('is no way for a mount to leave the container by its target', async () => {
    const { path } = await opened('target')
    symlinkSync('/etc', join(path, 'etc'))
    symlinkSync('/proc', join(path, 'proc'))
    const over = (target: string) => ({ mounts: [...bind('target').mounts, { type: 'tmpfs', target }] })
    const { id } = await runContainer(ann, withSpec(over('/data/etc')))
    await run(id, 'touch', '/etc/planted')
    expect(existsSync('/etc/planted')).toBe(false)
    expect(readFileSync('/etc/passwd', 'utf8')).toContain('root')
    const denied = await ann.fails('POST', '/containers?start=true', { image: BASE_IMAGE, command: ['sleep', '60'], ...over('/data/proc') })
    expect(denied.code).toBe('start_failed')
    await close('target')
  })
})

describe('a link in the place of a folder', () => {
  it('after the creation: nothing is started until the folder is back', async () => {
    const { swap, back } = await opened('later')
    const { id } = await runContainer(ann, withSpec(bind('later')), withoutStart())
    swap()
    expect(await ann.fails('POST', `/containers/${id}/start`)).toMatchObject({ status: 409, code: 'conflict' })
    expect(await isRunning(id)).toBe(false)
    back()
    await ann.ok('POST', `/containers/${id}/start`)
    swap()
    const problem = await ann.fails('POST', `/containers/${id}/restart?timeout=0`)
    expect(problem.detail).toContain('a folder of the host that it mounts is not there any more')
    expect(problem.detail).not.toContain(host.path)
    expect(await isRunning(id), 'it was left as it is').toBe(true)
    back()
    await close('later')
  })

  it('between the decision and the start: what was made is removed again', async () => {
    const { swap, back } = await opened('meanwhile')
    let swapped = false
    engine.onRequest = (line) => {
      if (swapped || !/^POST \S+\/containers\/create/.test(line)) return
      swapped = true
      swap()
    }
    const command = ['sh', '-c', 'touch /data/pwned; sleep 60']
    const problem = await ann.fails('POST', '/containers?start=true', { image: BASE_IMAGE, command, ...bind('meanwhile') })
    expect(swapped).toBe(true)
    expect(problem).toMatchObject({ status: 409, code: 'conflict' })
    expect(await containersOf(alpha)).toEqual([])
    expect(existsSync(join(outside, 'pwned'))).toBe(false)
    back()
    await close('meanwhile')
  })

  it('in the moment of the start itself: what came up is ended and removed', async () => {
    const { swap, back } = await opened('moment')
    let swapped = false
    engine.onRequest = (line) => {
      if (swapped || !/^POST \S+\/start/.test(line)) return
      swapped = true
      swap()
    }
    const problem = await ann.fails('POST', '/containers?start=true', { image: BASE_IMAGE, command: ['sleep', '60'], ...bind('moment') })
    expect(swapped).toBe(true)
    expect(problem).toMatchObject({ status: 409, code: 'conflict' })
    expect(await containersOf(alpha)).toEqual([])
    back()
    await close('moment')
  })

  it('in the moment of a later start: what came up is ended', async () => {
    const { swap, back } = await opened('later-moment')
    const { id } = await runContainer(ann, withSpec(bind('later-moment')), withoutStart())
    engine.onRequest = (line) => {
      if (!/^POST \S+\/start/.test(line)) return
      engine.onRequest = () => undefined
      swap()
    }
    expect(await ann.fails('POST', `/containers/${id}/start`)).toMatchObject({ status: 409, code: 'conflict' })
    expect(await isRunning(id)).toBe(false)
    back()
    await close('later-moment')
  })
})
