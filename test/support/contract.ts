/**
 * Every answer that a test gets is held against api/openapi.json: an operation, status, content type or field that is not
 * documented fails the test. Objects are taken as closed here, although a client must bear new fields.
 */
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { readFileSync } from 'node:fs'

type Json = Record<string, unknown>

/** What was asked and what came back. */
export interface Exchange {
  readonly method: string
  /** Path with or without a query. */
  readonly path: string
  readonly status: number
  readonly contentType: string
  /** Parsed where it is JSON. */
  readonly body: unknown
  readonly requestId: string | null
}

interface Placed {
  readonly path: string
  readonly pattern: RegExp
  readonly methods: Readonly<Record<string, { readonly responses: Readonly<Record<string, { content?: Json }>> }>>
}

const DOCUMENT = JSON.parse(readFileSync(new URL('../../api/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Placed['methods']>
}

const PLACES: readonly Placed[] = Object.entries(DOCUMENT.paths)
  .map(([path, methods]) => ({ path, methods, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
  // /images/pull before /images/{ref}
  .sort((a, b) => placeholders(a.path) - placeholders(b.path))

const ajv = new Ajv2020.default({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(closed(structuredClone(DOCUMENT)) as Json, 'openapi')
const compiled = new Map<string, ValidateFunction>()

/** @throws Error that says what is not as documented. */
export function assertDocumented(exchange: Exchange): void {
  const fault = faultOf(exchange)
  if (fault)
    throw new Error(`${exchange.method} ${exchange.path} → ${exchange.status}: ${fault}\n${JSON.stringify(exchange.body)?.slice(0, 2000)}`)
}

function faultOf(exchange: Exchange): string | null {
  const { method, status, body, contentType } = exchange
  const path = exchange.path.split(/[?#]/)[0]!
  // the reference page is for people
  if (/^\/docs(\/|$)/.test(path)) return null
  const type = contentType.split(';')[0]!.trim()
  if (status >= 400 && method !== 'HEAD') {
    if (type !== 'application/problem+json') return `an error of type ${type}`
    if ((body as Json | null)?.['requestId'] !== exchange.requestId) return 'requestId is not that of X-Request-Id'
  }
  const place = PLACES.find(({ pattern, methods }) => pattern.test(path) && methods[method.toLowerCase()])
  const operation = place?.methods[method.toLowerCase()]
  if (!place || !operation)
    return status < 400 ? 'an operation that is not documented' : faultsBy('#/components/schemas/ProblemDetails', body)
  const key = operation.responses[String(status)] ? String(status) : status >= 400 ? 'default' : null
  if (key === null) return 'a status that is not documented'
  const { content } = operation.responses[key]!
  if (!content) return body === undefined || body === '' ? null : 'a body that is not documented'
  if (method === 'HEAD') return null
  if (!content[type]) return `a content type that is not documented: ${type}`
  if (!/[/+]json$/.test(type)) return null
  return faultsBy(`#/paths/${escaped(place.path)}/${method.toLowerCase()}/responses/${key}/content/${escaped(type)}/schema`, body)
}

function faultsBy(pointer: string, body: unknown): string | null {
  let validate = compiled.get(pointer)
  if (!validate) {
    validate = ajv.compile({ $ref: `openapi${pointer}` })
    compiled.set(pointer, validate)
  }
  if (validate(body)) return null
  return `not the documented shape: ${(validate.errors ?? []).map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`).join('; ')}`
}

/** A JSON pointer as a URI fragment. */
function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function placeholders(path: string): number {
  return path.split('{').length
}

/** Objects with listed fields have no others. Branches of allOf stay open: each would refuse the others' fields. */
function closed(value: unknown, inAllOf = false): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((inner) => closed(inner, inAllOf))
  const schema = value as Json
  for (const [key, inner] of Object.entries(schema)) schema[key] = closed(inner, key === 'allOf')
  const isSchema = schema['type'] === 'object' && typeof schema['properties'] === 'object'
  if (isSchema && !('additionalProperties' in schema) && !inAllOf) schema['additionalProperties'] = false
  return schema
}
