import { describe, expect, it } from 'vitest'
import { PERMISSIONS, type Permission } from './operations.js'
import { holdsInTeam, holdsOnHost, type Principal, seesTeam } from './principal.js'
import { TEAM_ROLE_ORDER, TEAM_ROLES, type HostRole, type TeamRole } from './roles.js'

const own = { id: 'team-1', name: 'alpha' }

function principal(facts: { role?: TeamRole; hostRole?: HostRole; cap?: Permission[]; onlyTeam?: string }): Principal {
  return {
    userId: 'u',
    username: 'u',
    hostRole: facts.hostRole ?? null,
    memberships: new Map(facts.role ? [[own.id, { team: own, role: facts.role }]] : []),
    credential: { kind: 'session', id: 's', expiresAt: new Date(8.64e15) },
    cap: facts.cap ? new Set(facts.cap) : null,
    onlyTeam: facts.onlyTeam ?? null,
  }
}

describe('permissions in a team', () => {
  it.each<[string, Parameters<typeof principal>[0], string, Permission, 'member' | 'host' | null]>([
    ['a viewer reads', { role: 'viewer' }, 'team-1', 'containers.read', 'member'],
    ['a viewer does not operate', { role: 'viewer' }, 'team-1', 'containers.operate', null],
    ['a viewer does not see env values', { role: 'viewer' }, 'team-1', 'containers.env', null],
    ['a developer runs commands', { role: 'developer' }, 'team-1', 'containers.exec', 'member'],
    ['a developer does not prune', { role: 'developer' }, 'team-1', 'containers.prune', null],
    ['nobody has anything in a foreign team', { role: 'maintainer' }, 'team-2', 'containers.read', null],
    ['an auditor reads everywhere', { hostRole: 'auditor' }, 'team-2', 'containers.read', 'host'],
    ['an auditor sees no content', { hostRole: 'auditor' }, 'team-2', 'containers.logs', null],
    ['an administrator may everything everywhere', { hostRole: 'admin' }, 'team-2', 'containers.exec', 'host'],
    ['an own role comes before the host role', { hostRole: 'admin', role: 'viewer' }, 'team-1', 'containers.read', 'member'],
    ['a token is capped by its list', { hostRole: 'admin', cap: ['images.read'] }, 'team-1', 'containers.read', null],
    ['a token has no more than its owner', { role: 'viewer', cap: ['containers.exec'] }, 'team-1', 'containers.exec', null],
    ['a token for one team ends there', { hostRole: 'admin', onlyTeam: 'team-1' }, 'team-2', 'containers.read', null],
  ])('%s', (_, facts, team, permission, expected) => {
    expect(holdsInTeam(principal(facts), team, permission)).toBe(expected)
  })
})

describe('permissions on the host', () => {
  it.each<[string, Parameters<typeof principal>[0], Permission, 'member' | 'host' | null]>([
    ['everybody reads the version', {}, 'system.read', 'member'],
    ['everybody has an account', {}, 'self.manage', 'member'],
    ['a token without it does not', { cap: ['images.read'] }, 'self.manage', null],
    ['a maintainer manages no users', { role: 'maintainer' }, 'users.manage', null],
    ['an administrator does', { hostRole: 'admin' }, 'users.manage', 'host'],
    ['a token for one team reaches nothing of the host', { hostRole: 'admin', onlyTeam: 'team-1' }, 'users.manage', null],
    ['an auditor changes nothing', { hostRole: 'auditor' }, 'users.manage', null],
  ])('%s', (_, facts, permission, expected) => {
    expect(holdsOnHost(principal(facts), permission)).toBe(expected)
  })
})

describe('who knows of a team', () => {
  it('its members and the host roles, within what a token is limited to', () => {
    expect(seesTeam(principal({ role: 'viewer' }), 'team-1')).toBe(true)
    expect(seesTeam(principal({ role: 'viewer' }), 'team-2')).toBe(false)
    expect(seesTeam(principal({ hostRole: 'auditor' }), 'team-2')).toBe(true)
    expect(seesTeam(principal({ hostRole: 'admin', onlyTeam: 'team-1' }), 'team-2')).toBe(false)
  })
})

describe('roles', () => {
  it('rise: each has all of the one before', () => {
    for (const [index, role] of TEAM_ROLE_ORDER.slice(1).entries())
      expect(TEAM_ROLES[role]).toEqual(expect.arrayContaining([...TEAM_ROLES[TEAM_ROLE_ORDER[index]!]]))
  })

  it('name only permissions that some operation or answer needs', () => {
    for (const role of Object.values(TEAM_ROLES)) for (const permission of role) expect(PERMISSIONS).toContain(permission)
  })
})
