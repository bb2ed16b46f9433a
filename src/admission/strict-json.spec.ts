import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../common/errors.js'
import { foldKey, parseStrictJson } from './strict-json.js'

const bytes = (text: string) => Buffer.from(text)

function refusal(body: Uint8Array): AppError {
  try {
    parseStrictJson(body)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('parseStrictJson', () => {
  it.each([
    ['a duplicate key', '{"a":1,"a":2}', '/a'],
    ['a duplicate key in another case', '{"HostConfig":1,"hostconfig":2}', '/hostconfig'],
    ['a duplicate key by Unicode folding, as the engine folds', '{"HostConfig":1,"Ho\u017ftConfig":2}', '/Ho\u017ftConfig'],
    ['a duplicate key behind an escape', '{"a":1,"\\u0061":2}', '/a'],
    ['a duplicate key deep inside', '{"x":[{},{"b/c":1,"b/c":1}]}', '/x/1/b~1c'],
    ['10,000 nested arrays', '['.repeat(10_000) + ']'.repeat(10_000), '/0'.repeat(64)],
    ['10,000 nested objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000), '/a'.repeat(64)],
  ])('refuses %s and points to it', (_, text, pointer) => {
    const error = refusal(bytes(text))
    expect(error.code).toBe('MALFORMED_JSON')
    expect(error.details.errors?.[0]?.pointer).toBe(pointer)
  })

  it.each([
    ['two documents', '{}{}'],
    ['a cut document', '{"a":'],
    ['a single quote', "{'a':1}"],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{/**/}'],
    ['NaN', '{"a":NaN}'],
    ['an open string', '{"a'],
    ['a string that ends in an escape', '"\\'],
    ['a byte order mark', '\ufeff{}'],
  ])('refuses %s', (_, text) => {
    expect(refusal(bytes(text)).code).toBe('MALFORMED_JSON')
  })

  it('refuses what is not utf-8', () => {
    expect(refusal(Uint8Array.of(0x22, 0xff, 0x22)).code).toBe('MALFORMED_JSON')
  })

  it('gives __proto__ as an own key, which no DTO knows', () => {
    const parsed = parseStrictJson(bytes('{"__proto__":{"admin":true}}')) as Record<string, unknown>
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
    expect(parsed['admin']).toBeUndefined()
  })

  it('reads what JSON.stringify writes', () => {
    const documents = fc.jsonValue({ maxDepth: 5 }).filter((value) => !hasFoldedDuplicate(value))
    fc.assert(
      fc.property(documents, (value) => {
        expect(parseStrictJson(bytes(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('never throws anything but MALFORMED_JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'a', '1', ' ', '\0') }), (text) => {
        try {
          parseStrictJson(bytes(text))
        } catch (error) {
          expect(error).toMatchObject({ code: 'MALFORMED_JSON' })
        }
      }),
    )
  })
})

function hasFoldedDuplicate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasFoldedDuplicate)
  const folded = Object.keys(value).map(foldKey)
  return new Set(folded).size !== folded.length || Object.values(value).some(hasFoldedDuplicate)
}
