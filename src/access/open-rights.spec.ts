import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '../common/errors.js'
import type { Access } from './access.js'
import { AccessChanges } from './changes.js'
import type { Grant } from './grant.js'
import { OpenRights } from './open-rights.js'
import type { OperationId } from './operations.js'
import type { Principal } from './principal.js'

function person(hostRole: string | null = null): Principal {
  const credential = { kind: 'session', id: 'c', expiresAt: new Date(0) }
  return { credential, hostRole, hostPermissions: new Set(), memberships: new Map(), cap: null, onlyTeam: null } as unknown as Principal
}

function held(principal: Principal): Grant<OperationId> {
  return { operation: 'SystemEvents', principal, target: { kind: 'scope', teams: [] } } as unknown as Grant<OperationId>
}

const GRANT = held(person())

function rights(revalidate: () => Promise<Principal>) {
  const read = vi.fn(revalidate)
  const decide = vi.fn(() => Promise.resolve(GRANT))
  const changes = new AccessChanges()
  return { read, decide, changes, open: new OpenRights({ decide } as unknown as Access, { revalidate: read } as never, changes) }
}

describe('answers that stay open', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('share one reading a second, and decide nothing while the rights are the same', async () => {
    const { read, decide, open } = rights(() => Promise.resolve(person()))
    const stops = Array.from({ length: 100 }, () => open.watch(GRANT, () => undefined))
    await vi.advanceTimersByTimeAsync(999)
    expect(read).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(read).toHaveBeenCalledTimes(5)
    expect(decide).not.toHaveBeenCalled()
    for (const stop of stops) stop()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(read).toHaveBeenCalledTimes(5)
  })

  it('are decided again when the rights are others, and at once when a change is announced', async () => {
    let now = person()
    const { read, decide, changes, open } = rights(() => Promise.resolve(now))
    decide.mockRejectedValue(new AppError('PERMISSION_DENIED', { permission: 'events.read' }))
    const cut = vi.fn()
    open.watch(GRANT, cut)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(cut).not.toHaveBeenCalled()
    now = person('auditor')
    await vi.advanceTimersByTimeAsync(500)
    expect(cut.mock.calls).toMatchObject([[{ code: 'PERMISSION_DENIED' }]])
    open.watch(held(now), cut)
    changes.announce({})
    await vi.advanceTimersByTimeAsync(0)
    expect(cut).toHaveBeenCalledTimes(2)
    expect(read).toHaveBeenCalledTimes(3)
  })

  it('are not cut by a database that is away for a moment, but by one that stays away', async () => {
    const { open } = rights(() => Promise.reject(new Error('away')))
    const cut = vi.fn()
    open.watch(GRANT, cut)
    await vi.advanceTimersByTimeAsync(2_999)
    expect(cut).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(cut.mock.calls).toMatchObject([[{ code: 'DECISION_UNAVAILABLE' }]])
  })
})
