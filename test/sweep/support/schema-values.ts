/** Values of the schemas of the API's own description, mostly as it says, and now and then not. */
import fc from 'fast-check'
import { readFileSync } from 'node:fs'

export type Schema = Readonly<Record<string, unknown>>
export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: 'path' | 'query' | 'header'
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export const DOCUMENT = JSON.parse(readFileSync(new URL('../../../api/openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** Answers what a field of that name may refer to. */
export type Names = (field: string) => fc.Arbitrary<string>

export const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, 2 ** 53, '', 'x', [], {}, [[]], { a: { b: [] } }, '\u0000', '\ud800', {
    __proto__: null,
    constructor: 1,
  }),
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Of the field `name`; at depth 0 always of the schema's own type. */
export function ofSchema(schema: Schema, at: Place): fc.Arbitrary<unknown> {
  const valid = exact(resolved(schema), at)
  return at.depth === 0 ? valid : fc.oneof({ weight: 14, arbitrary: valid }, { weight: 1, arbitrary: JUNK })
}

/** Where in a request a value stands. */
export interface Place {
  readonly field: string
  readonly depth: number
  readonly names: Names
}

function exact(schema: Schema, at: Place): fc.Arbitrary<unknown> {
  const { enum: words, type } = schema as { enum?: unknown[]; type?: string | string[] }
  if (words) return fc.constantFrom(...words)
  const alternatives = (schema['oneOf'] ?? schema['anyOf'] ?? schema['allOf']) as Schema[] | undefined
  if (alternatives) return fc.oneof(...alternatives.map((each) => ofSchema(each, at)))
  switch (Array.isArray(type) ? type[0] : type) {
    case 'integer':
    case 'number':
      return number(schema)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(ofSchema((schema['items'] as Schema | undefined) ?? {}, { ...at, depth: at.depth + 1 }), { maxLength: 3 })
    case 'object':
      return object(schema, at)
    case 'string':
      return text(schema, at)
    default:
      return fc.oneof(at.names(at.field), JUNK)
  }
}

function number(schema: Schema): fc.Arbitrary<number> {
  const min = Number(schema['minimum'] ?? 0)
  const max = Number(schema['maximum'] ?? min + 100_000)
  return fc.oneof(
    fc.integer({ min: Math.ceil(min), max: Math.min(Math.floor(max), 2 ** 31 - 1) }),
    fc.constantFrom(min, max, min - 1, max + 1),
  )
}

function object(schema: Schema, { names, depth }: Place): fc.Arbitrary<unknown> {
  const properties = schema['properties'] as Readonly<Record<string, Schema>> | undefined
  if (!properties) return fc.dictionary(fc.constantFrom('a', 'KEY', 'berth.uid', ''), fc.string({ maxLength: 20 }), { maxKeys: 2 })
  if (depth > 4) return fc.constant({})
  const required = new Set((schema['required'] as string[] | undefined) ?? [])
  const value = (field: string): fc.Arbitrary<unknown> => ofSchema(properties[field]!, { field, names, depth: depth + 1 })
  const model = new Map(Object.keys(properties).map((field) => [field, value(field)]))
  const optional = [...model.keys()].filter((field) => !required.has(field))
  // a few of the optional ones: with all of them something is always wrong
  return fc.subarray(optional, { maxLength: Math.min(3, optional.length) }).chain((chosen) => {
    const present = [...required, ...chosen].filter((field) => model.has(field))
    return fc.record(Object.fromEntries(present.map((field) => [field, model.get(field)!])))
  })
}

function text(schema: Schema, { field, names }: Place): fc.Arbitrary<string> {
  if (schema['format'] === 'date-time') return fc.constantFrom('2026-11-27T10:00:00Z', '2099-01-01T00:00:00.000Z', '2026-13-41T10:00:00Z')
  if (schema['format'] === 'uuid') return fc.uuid()
  const pattern = schema['pattern'] as string | undefined
  const shaped = pattern === undefined ? null : matching(pattern)
  return fc.oneof(
    { weight: 4, arbitrary: names(field) },
    { weight: 3, arbitrary: shaped ?? names(field) },
    { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
  )
}

/** Null where it is of a kind that nobody can draw from. */
function matching(pattern: string): fc.Arbitrary<string> | null {
  try {
    return fc.stringMatching(new RegExp(pattern, 'u'))
  } catch {
    return null
  }
}

function resolved(schema: Schema): Schema {
  const name = /^#\/components\/schemas\/(\w+)$/.exec((schema['$ref'] as string | undefined) ?? '')?.[1]
  return name === undefined ? schema : resolved(DOCUMENT.components.schemas[name] ?? {})
}
