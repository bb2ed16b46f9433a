import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AccessChanges, type Principal } from '../access/index.js'
import { PrincipalCache } from './principal-cache.js'

const principal = (expiresInMs = 60_000): Principal => ({
  userId: 'u',
  username: 'ann',
  hostRole: null,
  hostPermissions: new Set(),
  memberships: new Map(),
  credential: { kind: 'session', id: 's', expiresAt: new Date(Date.now() + expiresInMs) },
  cap: null,
  onlyTeam: null,
})

describe('PrincipalCache', () => {
  const changes = new AccessChanges()
  let cache: PrincipalCache

  beforeEach(() => {
    vi.useFakeTimers()
    cache = new PrincipalCache(changes)
  })
  afterEach(() => {
    cache.onModuleDestroy()
    vi.useRealTimers()
  })

  it('keeps a principal for less than a second', () => {
    cache.put('t', principal(), cache.era)
    expect(cache.get('t')).not.toBeNull()
    vi.advanceTimersByTime(1000)
    expect(cache.get('t')).toBeNull()
  })

  it('keeps it no longer than its credential', () => {
    cache.put('t', principal(100), cache.era)
    vi.advanceTimersByTime(101)
    expect(cache.get('t')).toBeNull()
  })

  it('is emptied by every change of rights', () => {
    cache.put('t', principal(), cache.era)
    changes.announce({ teamId: 'another' })
    expect(cache.get('t')).toBeNull()
  })

  it('does not keep what was looked up before a change', () => {
    const { era } = cache
    changes.announce({ userId: 'u' })
    cache.put('t', principal(), era)
    expect(cache.get('t')).toBeNull()
  })
})
