import { describe, expect, it } from 'vitest'
import { textsOf } from './texts.js'

describe('textsOf', () => {
  it('reads an object of texts', () => {
    expect([...textsOf('{"A":"1","b_2":""}', 'buildArgs')]).toEqual([
      ['A', '1'],
      ['b_2', ''],
    ])
    expect([...textsOf(undefined, 'labels')]).toEqual([])
  })

  it.each([
    ['[]', 'buildArgs'],
    ['"x"', 'buildArgs'],
    ['null', 'buildArgs'],
    ['{', 'buildArgs'],
    ['{"A":1}', 'buildArgs'],
    ['{"A":"\\u0000"}', 'buildArgs'],
    ['{"A B":"1"}', 'buildArgs'],
    ['{"1A":"1"}', 'buildArgs'],
    ['{"berth.uid":"1"}', 'labels'],
    ['{"com.docker.x":"1"}', 'labels'],
    ['{"a\\"b":"1"}', 'labels'],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`A${at}`, '']))), 'buildArgs'],
  ] as const)('refuses %s as %s', (json, parameter) => {
    expect(() => textsOf(json, parameter)).toThrow(/is wrong/)
  })
})
