import { Parser } from '@asyncapi/parser'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { operation, type OperationId, OPERATIONS } from '../../src/access/index.js'

/** The parser's severity of errors, spelled out: the enum's type comes from a package that is not ours to name. */
const ERROR = '0'

const text = readFileSync(new URL('../../api/asyncapi.json', import.meta.url), 'utf8')

/** Every value under this key, wherever it stands. */
function valuesOf(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...valuesOf(key, inner)])
}

describe('api/asyncapi.json', () => {
  it('is a valid AsyncAPI 3 document', async () => {
    const { document, diagnostics } = await new Parser().parse(text)
    // the rest is advice
    expect(diagnostics.filter(({ severity }) => `${severity}` === ERROR)).toEqual([])
    expect(document?.version()).toMatch(/^3\./)
  })

  it('shows the permission of every operation that opens a stream', () => {
    const streams = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => ['stream', 'both'].includes(operation(id).edge))
    const shown = new Set(valuesOf('x-permission', JSON.parse(text)))
    expect(new Set(streams.map((id) => operation(id).permission))).toEqual(shown)
  })
})
