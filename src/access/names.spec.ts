import { describe, expect, it } from 'vitest'
import { assertNewName, assertObjectReference, engineName, TEAM_NAME } from './names.js'

describe('references that a client may send', () => {
  it.each(['', '..', '.', 'a/b', '..%2fx', 'x?force=1', 'x#y', 'a b', 'a\0b', 'a'.repeat(300), '-x', '_x', 'ä', 'a\n', 'sha256:aa'])(
    'refuses %j before anything is looked up',
    (ref) => {
      expect(() => assertObjectReference(ref)).toThrow(expect.objectContaining({ code: 'INVALID_REFERENCE' }))
    },
  )

  it.each(['web', 'a'.repeat(63), 'f'.repeat(64), 'a--b', 'a.b_c-d', '0123'])('takes %s', (ref) => {
    expect(() => assertObjectReference(ref)).not.toThrow()
  })
})

describe('names of something new', () => {
  it.each(['f'.repeat(12), '0'.repeat(64), '../x', ''])('refuses %j', (name) => {
    expect(() => assertNewName(name)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  it('takes thirteen hex digits, which is no id', () => {
    expect(() => assertNewName('f'.repeat(13))).not.toThrow()
  })
})

describe('team names', () => {
  it.each(['alpha', 'a', 'a-b', '0', 'a'.repeat(31)])('takes %s', (name) => expect(name).toMatch(TEAM_NAME))
  it.each(['', 'A', 'a--b', '-a', 'a_b', 'a.b', 'a'.repeat(32), 'ä', 'a\n'])('refuses %j', (name) => expect(name).not.toMatch(TEAM_NAME))

  it('never make two pairs of team and name the same on the engine', () => {
    // A team has no double hyphen, so the first one in an engine name is always ours.
    expect(engineName('a', 'b--c')).not.toBe(engineName('a-b', 'c'))
    expect(engineName('a-', '-b')).toBe('a----b')
  })
})
