/**
 * S01. The course: `docker version`, `uname -r`: a kernel of 3.8 or newer on a 64 bit machine is what Docker needs.
 */
import { arch, release } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Scenario, scenario } from '../support/scenario.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'viewer' })
})
afterAll(() => s?.end())

interface Check {
  readonly ready: boolean
  readonly items: readonly { readonly name: string; readonly state: string; readonly detail: string; readonly fix: string | null }[]
}

describe('s01: which Docker is this, and is the host good enough for it', () => {
  it('tells the versions of the gateway, the engine, its API and the kernel', async () => {
    const version = await ann.ok<Record<string, string>>('GET', '/system/version')
    expect(version).toEqual({
      berth: expect.stringMatching(/^\d+\.\d+\.\d+/),
      engine: expect.stringMatching(/^\d+\.\d+/),
      apiVersion: expect.stringMatching(/^1\.\d\d$/),
      // the engine of the tests runs on this machine: what `uname -r` says
      kernel: release(),
      os: 'linux',
      architecture: arch() === 'x64' ? 'amd64' : arch(),
    })
  })

  it('names for each thing that Docker needs whether it is there, and what to do where it is not', async () => {
    const { ready, items } = await ann.ok<Check>('GET', '/system/check')
    expect(ready).toBe(true)
    const state = new Map(items.map((item) => [item.name, item]))
    for (const name of ['engine', 'api', 'kernel', 'architecture', 'cgroups', 'memory-limit', 'pids-limit', 'ip-forward'])
      expect(state.get(name)).toMatchObject({ state: 'ok', fix: null })
    expect(state.get('kernel')!.detail).toBe(release())
    expect([...state.keys()]).toEqual(expect.arrayContaining(['storage-driver', 'seccomp', 'registry-mirrors', 'insecure-registries']))
    for (const { state: found, fix } of items) if (found !== 'ok') expect(fix).toMatch(/\w+/)
  })

  it('is for those who are logged in', async () => {
    for (const path of ['/system/version', '/system/check', '/system/info'])
      expect(await s.anonymous.fails('GET', path)).toMatchObject({
        status: 401,
        code: 'unauthenticated',
        hint: expect.stringContaining('log in'),
      })
  })
})
