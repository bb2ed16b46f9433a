import { describe, expect, it, vi } from 'vitest'
import type { Authenticator, Grant, Principal } from '../access/index.js'
import { EventReader } from './event-reader.js'

const TEAMS = ['alpha', 'beta'].map((name) => ({ id: name, name }))

function member(...names: string[]): Principal {
  const memberships = names.map((name) => [name, { team: { id: name, name }, role: 'r', permissions: new Set(['events.read']) }] as const)
  return {
    hostRole: null,
    hostPermissions: new Set(),
    memberships: new Map(memberships),
    cap: null,
    onlyTeam: null,
  } as unknown as Principal
}

describe('what a reader of events may see', () => {
  it('is no more of a team that it has left, whoever took it', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const grant = { principal: member('alpha', 'beta'), target: { kind: 'scope', teams: TEAMS } } as unknown as Grant<'SystemEvents'>
    const authenticator = { revalidate: () => Promise.resolve(member('beta', 'gamma')) } as unknown as Authenticator
    const reader = new EventReader(grant, authenticator, false)
    expect([...(await reader.scope()).teams.keys()]).toEqual(['alpha', 'beta'])
    vi.advanceTimersByTime(1_001)
    // and none that it has got since
    expect([...(await reader.scope()).teams.keys()]).toEqual(['beta'])
    vi.useRealTimers()
  })
})
