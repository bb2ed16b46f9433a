import type { OpenAPIObject } from '@nestjs/swagger'
import { isOperation, operation } from '../access/index.js'
import { operationsOf, type PlacedOperation } from '../http/openapi.js'

type Json = Record<string, unknown>

/** Keywords of which at least one must say something about the values. */
const TELLING = ['$ref', 'type', 'enum', 'const', 'allOf', 'anyOf', 'oneOf']

/** What a client could not rely on: one line each, empty when the document is good. */
export function openApiFaults(document: OpenAPIObject): string[] {
  const seen = new Map<string, number>()
  const faults = operationsOf(document).flatMap((placed) => {
    const id = placed.op.operationId ?? ''
    seen.set(id, (seen.get(id) ?? 0) + 1)
    return operationFaults(placed).map((fault) => `${placed.method} ${placed.path}: ${fault}`)
  })
  for (const [id, times] of seen) if (times > 1) faults.push(`${id}: ${times} operations have this id`)
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {}))
    faults.push(...schemaFaults(schema as Json, `#/components/schemas/${name}`))
  return faults
}

function operationFaults({ path, method, op }: PlacedOperation): string[] {
  const faults: string[] = []
  const id = op.operationId ?? ''
  if (!isOperation(id)) return [`no operation of the table: ${id || 'no operationId'}`]
  const extensions = op as unknown as Json
  if (extensions['x-permission'] !== operation(id).permission) faults.push('x-permission is not that of the table')
  if (!op.summary) faults.push('no summary')
  if (!op.responses['default']) faults.push('no default response')
  const good = Object.entries(op.responses).filter(([status]) => status.startsWith('2'))
  if (good.length === 0 && !op.responses['302']) faults.push('no answer for success')
  for (const [status, response] of good) {
    const { content } = response as { content?: Record<string, { schema?: Json }> }
    if (!content && status !== '204' && method !== 'HEAD') faults.push(`the ${status} answer has no content`)
    for (const [type, media] of Object.entries(content ?? {})) faults.push(...schemaFaults(media.schema ?? {}, `${status} ${type}`))
  }
  const declared = new Map((op.parameters ?? []).filter((p) => 'in' in p).map((p) => [`${p.in}:${p.name}`, p]))
  for (const [, name] of path.matchAll(/\{(\w+)\}/g)) if (!declared.has(`path:${name}`)) faults.push(`{${name}} is not declared`)
  for (const [place, parameter] of declared) {
    // one that is a named enum says it there
    if (!parameter.description && !JSON.stringify(parameter.schema ?? {}).includes('"$ref"')) faults.push(`${place} has no description`)
    faults.push(...schemaFaults((parameter.schema ?? {}) as Json, place))
  }
  const body = (op.requestBody as { content?: Record<string, { schema?: Json }> } | undefined)?.content ?? {}
  for (const [type, media] of Object.entries(body)) faults.push(...schemaFaults(media.schema ?? {}, `body ${type}`))
  return faults
}

/** A schema that admits everything is a hole in the contract: the compiler plugin leaves one where it can't see a type. */
function schemaFaults(schema: Json, place: string): string[] {
  if (!TELLING.some((keyword) => keyword in schema)) return [`${place}: an empty schema`]
  const properties = schema['properties'] as Record<string, Json> | undefined
  const open = schema['additionalProperties']
  const faults: string[] = []
  if (schema['type'] === 'object' && open === undefined && Object.keys(properties ?? {}).length === 0)
    faults.push(`${place}: an object without properties`)
  for (const [name, inner] of Object.entries(properties ?? {})) faults.push(...schemaFaults(inner, `${place}/${name}`))
  for (const keyword of ['items', 'additionalProperties'])
    if (typeof schema[keyword] === 'object') faults.push(...schemaFaults(schema[keyword] as Json, `${place}/${keyword}`))
  if (schema['type'] === 'array' && !schema['items']) faults.push(`${place}: an array of anything`)
  for (const keyword of ['allOf', 'anyOf', 'oneOf'])
    for (const inner of (schema[keyword] as Json[] | undefined) ?? []) faults.push(...schemaFaults(inner, `${place}/${keyword}`))
  return faults
}
