import { describe, expect, it } from 'vitest'
import { expand, NotExpandable, splitWords } from './words.js'

const values: Readonly<Record<string, string>> = { A: 'one', B: 'two', EMPTY: '', PATH: '/x' }
const resolve = (word: string, escape = '\\') => expand(word, { escape, lookup: (name) => values[name] })

describe('expand', () => {
  it.each([
    ['plain', 'plain'],
    ['$A', 'one'],
    ['${A}', 'one'],
    ['x$A-${B}y', 'xone-twoy'],
    ['$MISSING', ''],
    ['${MISSING:-other}', 'other'],
    ['${EMPTY:-other}', 'other'],
    ['${A:-other}', 'one'],
    ['${A:+other}', 'other'],
    ['${MISSING:+other}', ''],
    ['${MISSING:-$A}', 'one'],
    ['${MISSING:-${B}x}', 'twox'],
    ['${A:?must be}', 'one'],
    ["'$A'", '$A'],
    ['"$A"', 'one'],
    ['"a b"c', 'a bc'],
    ['\\$A', '$A'],
    ['"\\$A\\""', '$A"'],
    ['"a\\b"', 'a\\b'],
    ['a$', 'a$'],
    ['a$.b', 'a$.b'],
    ['h"t"tp', 'http'],
  ])('makes %s to %s', (word, expected) => expect(resolve(word)).toBe(expected))

  it('knows the other escape', () => {
    expect(resolve('`$A', '`')).toBe('$A')
    expect(resolve('\\$A', '`')).toBe('\\one')
  })

  it.each(["'open", '"open', '${A', '${A#x}', '${A/x/y}', '${A-x}', '${MISSING:?must be}', '$1', '$@', '${!A}', '${:-x}'])(
    'leaves %s to the engine',
    (word) => expect(() => resolve(word)).toThrow(NotExpandable),
  )
})

describe('splitWords', () => {
  it.each([
    ['a=b c=d', ['a=b', 'c=d']],
    ['a="b c" d', ['a="b c"', 'd']],
    ["a='b c'", ["a='b c'"]],
    ['a=b\\ c d', ['a=b\\ c', 'd']],
    ['  a\t b ', ['a', 'b']],
    ['', []],
  ])('splits %j', (text, expected) => expect(splitWords(text, '\\')).toEqual(expected))
})
