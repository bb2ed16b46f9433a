/** Containers under a seccomp profile that an administrator named: the sweep knows its content, also of what it was before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type End, Plant } from './support/plant.js'
import { SweptHost, tomorrow } from './support/swept-host.js'

const filter = (name: string) => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [name], action: 'SCMP_ACT_ERRNO' }] })
const path = '/seccomp-profiles/filtered'

let host: SweptHost
beforeAll(async () => {
  host = await SweptHost.start()
}, 120_000)
afterAll(() => host?.end())

describe('a sweep', () => {
  it('finds a named seccomp profile in order, also when it was changed and taken away since, and no other content', async () => {
    await host.root.ok('PUT', path, filter('mkdir'))
    const granted = { securityOptions: ['seccomp=filtered'] }
    const team = await host.populate('filtering', { profile: 'privileged', expiresAt: tomorrow(), granted })
    const create = { image: 'busybox:1', securityOptions: ['seccomp=filtered'] }
    await team.dev.ok('POST', '/containers', { name: 'first', ...create })
    await host.assertInOrder('--once')
    await host.root.ok('PUT', path, filter('chmod'))
    await team.dev.ok('POST', '/containers', { name: 'second', ...create })
    await host.assertInOrder('--once')
    await host.root.http.delete(path).expect(204)
    await host.assertInOrder('--once')

    await host.gateway.terminate()
    const plant = new Plant(host, team, team)
    const content = JSON.stringify(filter('chown'))
    const ends: End[] = []
    try {
      const { name, end } = await plant.container({ HostConfig: { SecurityOpt: ['no-new-privileges', `seccomp=${content}`] } })
      ends.push(end)
      const { code, output } = await host.sweep(['--once'])
      expect(code, output).toBe(1)
      expect(output).toMatch(new RegExp(`${name}[^\\n]*HostConfig\\.SecurityOpt: seccomp=\\{`))
      expect(output).not.toMatch(/(first|second)[^\n]*SecurityOpt/)
    } finally {
      for (const end of ends) await end()
      plant.close()
    }
  })
})
