import { describe, expect, it } from 'vitest'
import { isGroupRole, rolesOf } from './group-roles.js'

const MAPPING = ['lead=alpha:maintainer', 'dev=alpha:developer', 'dev=beta:viewer', 'staff=auditor', 'root=admin', 'cn=x=gamma:viewer']

describe('roles by groups', () => {
  it.each<[string[], Record<string, string | null>, string | null]>([
    [['dev'], { alpha: 'developer', beta: 'viewer', gamma: null }, null],
    [['dev', 'lead'], { alpha: 'maintainer', beta: 'viewer', gamma: null }, null],
    [[], { alpha: null, beta: null, gamma: null }, null],
    [['root', 'staff'], { alpha: null, beta: null, gamma: null }, 'auditor'],
    [['cn=x'], { alpha: null, beta: null, gamma: 'viewer' }, null],
    [['Dev', 'dev '], { alpha: null, beta: null, gamma: null }, null],
  ])('of %j are %j and %s', (groups, teams, host) => {
    const mapped = rolesOf(MAPPING, groups)
    expect(Object.fromEntries(mapped.teams)).toEqual(teams)
    expect(mapped.host).toBe(host)
  })

  it('on the host stay as they are where the mapping mentions none', () => {
    expect(rolesOf(['dev=alpha:viewer'], ['dev'])).toEqual({ teams: new Map([['alpha', 'viewer']]), host: undefined })
    expect(rolesOf([], ['dev'])).toEqual({ teams: new Map(), host: undefined })
  })

  it.each([
    ['dev=alpha:viewer', true],
    ['staff=auditor', true],
    ['=alpha:viewer', false],
    ['dev', false],
    ['dev=', false],
    ['dev=alpha:', false],
    ['dev=Alpha:viewer', false],
  ])('%s is an entry: %s', (entry, is) => {
    expect(isGroupRole(entry)).toBe(is)
  })
})
