/** Requests drawn from the API's own description, mostly as it says, and now and then not. */
import fc from 'fast-check'
import { readFileSync } from 'node:fs'

type Schema = Readonly<Record<string, unknown>>
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

const DOCUMENT = JSON.parse(readFileSync(new URL('../../../api/openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface RandomRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly body: string | undefined
  readonly type: string
}

/** What would end the sessions that the others are made with, or takes its time by what it is. */
const LEFT_OUT = new Set([
  'AuthLogout',
  'MePassword',
  'SessionDelete',
  'ContainerWait',
  'ContainerStats',
  'Metrics',
  'HealthReady',
  'OpenApi',
])

const EVIL = [
  '',
  '..',
  '%2e%2e',
  'a%00b',
  'x%0d%0aY: z',
  '%ff',
  '__proto__',
  'constructor',
  "' or 1=1 --",
  '${7*7}',
  '$(id)',
  'a'.repeat(300),
  '0'.repeat(64),
  'sha256:' + 'a'.repeat(64),
  'abcdef012345',
  'ſ',
  '👾',
]
const JUNK: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, 2 ** 53, '', 'x', [], {}, [[]], { a: { b: [] } }, '\u0000', '\ud800', {
    __proto__: null,
    constructor: 1,
  }),
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Requests on what there is: names and ids by the noun of their routes. */
export function requests(refs: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<RandomRequest> {
  const anyRef = fc.constantFrom('nothing', ...Object.values(refs).flat())
  const operations = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.operationId && !LEFT_OUT.has(operation.operationId))
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const { parameters = [], operationId: id } = operation
    // mostly of the kind that the route speaks of
    const own = refs[path.split('/')[3] ?? ''] ?? []
    const ref = own.length > 0 ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...own) }, { weight: 1, arbitrary: anyRef }) : anyRef
    const given = parameters.map((parameter) => valueOf(parameter, ref).map((value) => [parameter, value] as const))
    const content = Object.entries(operation.requestBody?.content ?? {})[0]
    const type = content?.[0] ?? 'application/json'
    const body = content === undefined ? fc.constant(undefined) : bodyOf(content[1].schema, type, ref)
    return fc.record({ values: fc.tuple(...given), body }).map(({ values, body }) => {
      let target = path
      const query: string[] = []
      for (const [{ name, in: place }, value] of values)
        if (place === 'path') target = target.replace(`{${name}}`, value ?? 'x')
        else if (place === 'query' && value !== null) query.push(`${encodeURIComponent(name)}=${value}`)
      // what no parameter stands for
      target = target.replaceAll(/\{\w+\}/g, 'x')
      return { id, method, path: target + (query.length > 0 ? `?${query.join('&')}` : ''), body, type }
    })
  })
}

/** Null: left out. Encoded where it has to be to be sent at all. */
function valueOf({ name, in: place, schema, required }: Parameter, ref: fc.Arbitrary<string>): fc.Arbitrary<string | null> {
  if (place === 'path')
    return fc.oneof({ weight: 8, arbitrary: ref.map(encodeURIComponent) }, { weight: 1, arbitrary: fc.constantFrom(...EVIL).map(sendable) })
  // it would wait for an end that does not come
  if (name === 'follow' || name === 'timeout') return fc.constant(null)
  const valid = fc
    .oneof({ weight: 3, arbitrary: ofSchema(schema, ref, 0) }, { weight: 1, arbitrary: ref })
    .map((value) => encodeURIComponent(wellFormed(typeof value === 'string' ? value : JSON.stringify(value))))
  const strange = fc.constantFrom(...EVIL).map(sendable)
  return fc.oneof(
    { weight: required ? 0 : 5, arbitrary: fc.constant(null) },
    { weight: 4, arbitrary: valid },
    { weight: 1, arbitrary: strange },
  )
}

function bodyOf(schema: Schema, type: string, ref: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> {
  if (!/json/.test(type)) return fc.string({ maxLength: 600, unit: 'binary' })
  const valid = ofSchema(schema, ref, 0).map((value) => JSON.stringify(value))
  return fc.oneof(
    { weight: 12, arbitrary: valid },
    { weight: 1, arbitrary: JUNK.map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: valid.map((text) => (text ?? '').slice(0, -1)) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

function ofSchema(schema: Schema, ref: fc.Arbitrary<string>, depth: number): fc.Arbitrary<unknown> {
  const valid = exact(resolved(schema), ref, depth)
  return depth === 0 ? valid : fc.oneof({ weight: 14, arbitrary: valid }, { weight: 1, arbitrary: JUNK })
}

function exact(schema: Schema, ref: fc.Arbitrary<string>, depth: number): fc.Arbitrary<unknown> {
  const { enum: words, type } = schema as { enum?: unknown[]; type?: string | string[] }
  if (words) return fc.constantFrom(...words)
  const alternatives = (schema['oneOf'] ?? schema['anyOf'] ?? schema['allOf']) as Schema[] | undefined
  if (alternatives) return fc.oneof(...alternatives.map((each) => ofSchema(each, ref, depth)))
  switch (Array.isArray(type) ? type[0] : type) {
    case 'integer':
    case 'number':
      return number(schema)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(ofSchema((schema['items'] as Schema | undefined) ?? {}, ref, depth + 1), { maxLength: 3 })
    case 'object':
      return object(schema, ref, depth)
    case 'string':
      return text(schema, ref)
    default:
      return fc.oneof(ref, JUNK)
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

function object(schema: Schema, ref: fc.Arbitrary<string>, depth: number): fc.Arbitrary<unknown> {
  const properties = schema['properties'] as Readonly<Record<string, Schema>> | undefined
  if (!properties) return fc.dictionary(fc.constantFrom('a', 'KEY', 'berth.uid', ''), fc.string({ maxLength: 20 }), { maxKeys: 2 })
  if (depth > 4) return fc.constant({})
  const required = new Set((schema['required'] as string[] | undefined) ?? [])
  const model = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, ofSchema(inner, ref, depth + 1)]))
  const optional = Object.keys(properties).filter((name) => !required.has(name))
  // a few of the optional ones: with all of them something is always wrong
  return fc.subarray(optional, { maxLength: Math.min(3, optional.length) }).chain((chosen) => {
    const names = [...required, ...chosen].filter((name) => name in model)
    return fc.record(Object.fromEntries(names.map((name) => [name, model[name]!])))
  })
}

function text(schema: Schema, ref: fc.Arbitrary<string>): fc.Arbitrary<string> {
  if (schema['format'] === 'date-time') return fc.constantFrom('2026-11-27T10:00:00Z', '2099-01-01T00:00:00.000Z', '2026-13-41T10:00:00Z')
  if (schema['format'] === 'uuid') return fc.uuid()
  const pattern = schema['pattern'] as string | undefined
  const shaped = pattern === undefined ? null : matching(pattern)
  return fc.oneof(
    { weight: 4, arbitrary: ref },
    { weight: 3, arbitrary: shaped ?? ref },
    { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
  )
}

function matching(pattern: string): fc.Arbitrary<string> | null {
  try {
    return fc.stringMatching(new RegExp(pattern))
  } catch {
    return null
  }
}

function resolved(schema: Schema): Schema {
  const name = /^#\/components\/schemas\/(\w+)$/.exec((schema['$ref'] as string | undefined) ?? '')?.[1]
  return name === undefined ? schema : resolved(DOCUMENT.components.schemas[name] ?? {})
}

/** Node's own client refuses to send some bytes at all. */
function sendable(text: string): string {
  return encodeURI(wellFormed(text)).replaceAll(/%25([0-9a-f]{2})/gi, '%$1')
}

function wellFormed(text: string): string {
  return text.toWellFormed()
}
