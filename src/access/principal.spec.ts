import { describe, expect, it } from 'vitest'
import { PERMISSIONS, type Permission } from './operations.js'
import { holdsInTeam, holdsOnHost, judgeInTeam, judgeOnHost, type Principal, sameRights, seesTeam } from './principal.js'
import { builtInRole, customRole, type HostRole, TEAM_ROLES, type TeamRole } from './roles.js'

const own = { id: 'team-1', name: 'alpha' }

function principal(facts: { role?: TeamRole; hostRole?: HostRole; cap?: Permission[]; onlyTeam?: string }): Principal {
  return {
    userId: 'u',
    username: 'u',
    hostRole: facts.hostRole ?? null,
    hostPermissions: (facts.hostRole && builtInRole('host', facts.hostRole)) ?? new Set(),
    memberships: new Map(facts.role ? [[own.id, { team: own, role: facts.role, permissions: builtInRole('team', facts.role)! }]] : []),
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
    const { viewer, developer, maintainer } = TEAM_ROLES
    expect(developer).toEqual(expect.arrayContaining([...viewer]))
    expect(maintainer).toEqual(expect.arrayContaining([...developer]))
  })

  it('that were made hold what is stored, as far as such a role may', () => {
    const stored = JSON.stringify(['containers.exec', 'users.manage', 'no.such', 5, 'containers.read'])
    expect([...customRole('team', stored)].sort()).toEqual(['containers.exec', 'containers.read'])
    expect([...customRole('host', stored)].sort()).toEqual(['containers.exec', 'containers.read', 'users.manage'])
    expect(customRole('team', '{}').size).toBe(0)
  })

  it('name only permissions that some operation or answer needs', () => {
    for (const role of Object.values(TEAM_ROLES)) for (const permission of role) expect(PERMISSIONS).toContain(permission)
  })
})

describe('the rule that decided', () => {
  it.each<[Parameters<typeof principal>[0], string, Permission, object]>([
    [{ role: 'viewer' }, 'team-1', 'containers.read', { rule: 'teamRole', role: 'viewer', team: 'alpha' }],
    [{ role: 'viewer' }, 'team-1', 'containers.exec', { rule: 'teamRole', role: 'viewer', team: 'alpha' }],
    [{ role: 'viewer', hostRole: 'admin' }, 'team-1', 'containers.exec', { rule: 'hostRole', role: 'admin' }],
    [{ hostRole: 'auditor' }, 'team-1', 'containers.exec', { rule: 'hostRole', role: 'auditor' }],
    [{ role: 'viewer', hostRole: 'auditor' }, 'team-1', 'containers.exec', { rule: 'teamRole', role: 'viewer', team: 'alpha' }],
    [{}, 'team-1', 'containers.read', { rule: 'noRole' }],
    [{ role: 'developer', cap: ['images.read'] }, 'team-1', 'containers.read', { rule: 'tokenPermissions' }],
    [{ role: 'developer', onlyTeam: 'team-2' }, 'team-1', 'containers.read', { rule: 'tokenTeam' }],
  ])('of %j in %s about %s is %j', (facts, team, permission, because) => {
    expect(judgeInTeam(principal(facts), team, permission).because).toEqual(because)
  })

  it.each<[Parameters<typeof principal>[0], Permission, object]>([
    [{}, 'self.read', { rule: 'everybody' }],
    [{}, 'users.read', { rule: 'noRole' }],
    [{ hostRole: 'auditor' }, 'users.read', { rule: 'hostRole', role: 'auditor' }],
    [{ hostRole: 'admin', onlyTeam: 'team-1' }, 'users.read', { rule: 'tokenTeam' }],
    [{ hostRole: 'admin', cap: [] }, 'self.read', { rule: 'tokenPermissions' }],
  ])('of %j about %s on the host is %j', (facts, permission, because) => {
    expect(judgeOnHost(principal(facts), permission).because).toEqual(because)
  })
})

describe('a change of rights', () => {
  it('is one of a role, of what a role holds, of the host role and of a token', () => {
    const before = principal({ role: 'viewer' })
    expect(sameRights(before, principal({ role: 'viewer' }))).toBe(true)
    const membership = { ...before.memberships.get(own.id)!, permissions: new Set<Permission>(['containers.read']) }
    const changed = [
      principal({ role: 'developer' }),
      { ...before, memberships: new Map([[own.id, membership]]) },
      principal({ role: 'viewer', hostRole: 'auditor' }),
      { ...before, hostPermissions: new Set<Permission>(['users.read']) },
      principal({ role: 'viewer', cap: ['containers.read'] }),
      principal({ role: 'viewer', onlyTeam: own.id }),
    ]
    expect(changed.map((now) => sameRights(before, now))).toEqual(changed.map(() => false))
  })
})
