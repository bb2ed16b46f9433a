import { renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspect } from '../containers/support/engine.js'
import type { Actor } from '../support/actor.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { BASE_IMAGE, runContainer, scenario, type Scenario, type Team, withoutStart, withSpec } from '../support/scenario.js'
import { exportFolder, faults, type HostExport, HostFolder, inHours, rules, setProfile, type TeamProfile } from './support.js'

let s: Scenario
let alpha: Team
let beta: Team
let ann: Actor
let ben: Actor
let host: HostFolder

beforeAll(async () => {
  s = await scenario()
  ;[alpha, beta] = [await s.team('alpha'), await s.team('beta')]
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
  host = new HostFolder()
})
afterAll(async () => {
  await s?.end()
  host?.[Symbol.dispose]()
})

const bind = (source: string, more: object = {}) => ({ mounts: [{ type: 'bind', source, target: '/data', ...more }] })
const add = (body: object) => s.admin.fails('POST', '/host-exports', { alias: 'x', teams: [alpha.name], ...body })

describe('a host export', () => {
  it('is shown to those who decide with its path, to its teams by its alias alone', async () => {
    const path = host.at('shown')
    const made = await exportFolder(s, alpha, { alias: 'shown', path })
    expect(made).toMatchObject({ alias: 'shown', path, readOnly: true, teams: [alpha.name] })
    const { items } = await s.admin.ok<{ items: HostExport[] }>('GET', '/host-exports')
    expect(items).toEqual([made])
    expect((await ann.ok<TeamProfile>('GET', `/teams/${alpha.name}/profile`)).exports).toEqual([{ alias: 'shown', readOnly: true }])
    expect((await ben.ok<TeamProfile>('GET', `/teams/${beta.name}/profile`)).exports).toEqual([])
    expect(await ann.fails('GET', '/host-exports')).toMatchObject({ code: 'permission_denied' })
    await s.admin.http.delete('/host-exports/shown').expect(204)
    expect(await s.admin.fails('DELETE', '/host-exports/shown')).toMatchObject({ code: 'not_found' })
  })

  it('is mounted by its alias, by its own teams alone', async () => {
    const path = host.at('data')
    await exportFolder(s, alpha, { alias: 'data', path, readOnly: false })
    const { id } = await runContainer(ann, withSpec(bind('data')), withoutStart())
    expect((await inspect(id)).Mounts).toMatchObject([
      { Type: 'bind', Source: path, Destination: '/data', RW: true, Propagation: 'rprivate' },
    ])
    for (const source of ['data', path]) {
      const denied = await ben.fails('POST', '/containers', { image: BASE_IMAGE, ...bind(source) })
      expect(denied.code).toBe('policy_denied')
      expect(rules(denied)['/mounts/0/source']).toContain('exported to the team, by its alias')
    }
    // its path is no way round the alias
    expect(rules(await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...bind(`${path}/below`) }))).toHaveProperty(
      '/mounts/0/source',
    )
    await s.admin.http.delete('/host-exports/data').expect(204)
    expect(rules(await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...bind('data') }))).toHaveProperty('/mounts/0/source')
  })

  it('that is read-only is mounted so, whatever is asked', async () => {
    await exportFolder(s, alpha, { alias: 'manual', path: host.at('manual') })
    const { id } = await runContainer(ann, withSpec(bind('manual')), withoutStart())
    expect((await inspect(id)).Mounts).toMatchObject([{ RW: false }])
    const denied = await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...bind('manual', { readOnly: false }) })
    expect(rules(denied)['/mounts/0/readOnly']).toContain('read-only')
    await s.admin.http.delete('/host-exports/manual').expect(204)
  })

  it('is out of reach for the restricted', async () => {
    await exportFolder(s, alpha, { alias: 'manual', path: host.at('manual') })
    await setProfile(s, alpha, { profile: 'restricted' })
    const denied = await ann.fails('POST', '/containers', { image: BASE_IMAGE, user: '1000', ...bind('manual') })
    expect(Object.keys(rules(denied))).toEqual(['/mounts/0/source'])
    await setProfile(s, alpha, { profile: 'baseline' })
    await s.admin.http.delete('/host-exports/manual').expect(204)
  })

  it('is what its path leads to, and never what a link that took its place leads to', async () => {
    const real = host.at('real')
    symlinkSync(real, join(host.path, 'link'))
    expect((await exportFolder(s, alpha, { alias: 'linked', path: join(host.path, 'link') })).path).toBe(real)
    renameSync(real, `${real}-moved`)
    symlinkSync('/etc', real)
    const problem = await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...bind('linked') })
    expect(problem.code).toBe('invalid_request')
    expect(faults(problem)).toHaveProperty('/mounts/0/source')
    await s.admin.http.delete('/host-exports/linked').expect(204)
  })
})

describe('what is never exported', () => {
  it('the engine, its data and its socket, nor what they are in', async () => {
    const { DockerRootDir } = await engineJson<{ DockerRootDir: string }>(bed().socketPath, 'GET', '/info')
    symlinkSync(DockerRootDir, join(host.path, 'to-root'))
    const root = [DockerRootDir, join(DockerRootDir, 'volumes'), join(DockerRootDir, '..'), join(host.path, 'to-root')]
    for (const path of [...root, join(bed().socketPath, '..'), '/run', '/'])
      expect(faults(await add({ path })), path).toHaveProperty('/path')
  })

  it("the gateway's own data", async () => {
    for (const path of [s.gateway.dataDir, join(s.gateway.dataDir, '..')]) expect(faults(await add({ path })), path).toHaveProperty('/path')
  })

  it('the kernel, a file, and what is not there', async () => {
    for (const path of ['/proc', '/proc/1', '/sys/fs', '/dev', '/etc/hostname', '/nowhere'])
      expect(faults(await add({ path })), path).toHaveProperty('/path')
  })

  it('what lies below a folder that a team may write to: it could put a link there', async () => {
    const [outer, inner] = [host.at('outer'), host.at('outer/inner')]
    await exportFolder(s, alpha, { alias: 'outer', path: outer, readOnly: false })
    expect(faults(await add({ path: inner }))['/path']).toContain('may write')
    await s.admin.http.delete('/host-exports/outer').expect(204)
    await exportFolder(s, alpha, { alias: 'inner', path: inner })
    expect(faults(await add({ path: outer, readOnly: false }))['/path']).toContain('led elsewhere')
    // read-only nobody can plant anything
    await exportFolder(s, beta, { alias: 'outer', path: outer })
    for (const alias of ['inner', 'outer']) await s.admin.http.delete(`/host-exports/${alias}`).expect(204)
  })

  it('what lies below a path that was granted', async () => {
    const outer = host.at('granted')
    await setProfile(s, alpha, { profile: 'privileged', expiresAt: inHours(1), granted: { hostPaths: [outer] } })
    expect(faults(await add({ path: host.at('granted/inner') }))['/path']).toContain('may write')
    await setProfile(s, alpha, { profile: 'baseline' })
  })

  it('to teams that are none, or by an alias that is taken', async () => {
    const path = host.at('plain')
    expect(faults(await add({ path, teams: [alpha.name, 'no-such-team'] }))).toEqual({ '/teams/1': 'is no team' })
    await exportFolder(s, alpha, { alias: 'plain', path })
    expect(await add({ alias: 'plain', path })).toMatchObject({ code: 'name_in_use' })
    await s.admin.http.delete('/host-exports/plain').expect(204)
  })
})
