import { describe, expect, it } from 'vitest'
import { globMatches } from './glob.js'

describe('globMatches', () => {
  it.each([
    ['busybox', 'busybox', true],
    ['busybox', 'busybox2', false],
    ['busy*', 'busybox', true],
    ['*box', 'busybox', true],
    ['*', 'team/app', false],
    ['*/*', 'team/app', true],
    ['*:*', 'busybox:1', true],
    ['b?sybox', 'busybox', true],
    ['b?sybox', 'bsybox', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[^a-c]x', 'ax', false],
    ['[x', '[x', true],
    ['.*', 'busybox', false],
    ['', '', true],
    ['*', '', true],
  ])('%j on %j: %s', (pattern, text, matches) => {
    expect(globMatches(pattern, text)).toBe(matches)
  })

  it('ends on a pattern that would keep a backtracking matcher busy for ever', () => {
    expect(globMatches(`${'a*'.repeat(120)}b`, 'a'.repeat(255))).toBe(false)
  })
})
