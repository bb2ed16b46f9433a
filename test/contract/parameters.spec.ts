import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { operation, type OperationId, OPERATIONS } from '../../src/access/index.js'
import { type CallRow, ENGINE_CALLS, type ParameterRow, type ParameterRows } from '../../src/engine/parameters.js'

type Versions = Readonly<Record<string, string>>
interface EngineOperation {
  readonly route: string
  readonly query?: Versions
  readonly header?: Versions
  readonly body?: Versions
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const ENGINE = (JSON.parse(read('engine-operations.json')) as { operations: Record<string, EngineOperation> }).operations
const OFFERED = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => ENGINE[id] && operation(id).edge !== 'never')
const ROUTES = new Map(OFFERED.map((id) => [ENGINE[id]!.route, id]))

/** By fields.spec.ts, against the same description. */
const BY_FIELD_TABLES = new Set(['ContainerCreate', 'ContainerUpdate', 'ContainerExec', 'VolumeCreate', 'NetworkCreate'])

const documented = (rows: ParameterRows = {}): string[] =>
  Object.keys(rows)
    .filter((name) => !rows[name]!.undocumented)
    .sort()
const namesIn = (versions: Versions = {}): string[] => Object.keys(versions).sort()

const ROWS = Object.entries(ENGINE_CALLS).flatMap(([route, { query, headers, body }]) =>
  [query, headers, typeof body === 'object' ? body : undefined].flatMap((rows) =>
    Object.entries(rows ?? {}).map(([name, row]) => [route, name, row] as const),
  ),
)

describe('the table of parameters and the engine API 1.41 to 1.55', () => {
  it('has a row for each operation that is offered or planned, and for no other', () => {
    expect(Object.keys(ENGINE_CALLS).sort()).toEqual([...ROUTES.keys()].sort())
  })

  it.each(OFFERED)('%s: every parameter, header and field has a row, and every row is of one', (id) => {
    const { route, query, header, body } = ENGINE[id]!
    const row: CallRow = ENGINE_CALLS[route]!
    expect(documented(row.query)).toEqual(namesIn(query))
    expect(documented(row.headers)).toEqual(namesIn(header))
    if (BY_FIELD_TABLES.has(id)) expect(row.body).toBe('admitted')
    else if (body && namesIn(body).length > 0) expect(documented(row.body as ParameterRows)).toEqual(namesIn(body))
    else expect([undefined, 'tar']).toContain(row.body)
  })

  it.each(ROWS.filter(([, , row]) => row.kind === 'offered'))('%s: %s is offered by the name that the row tells', (route, _name, row) => {
    const { name, operation: id = ROUTES.get(route) } = row as ParameterRow & { name: string; operation?: string }
    expect(wordsOf(id as OperationId)).toContain(name)
  })

  it('says why, for all that is fixed or refused', () => {
    expect(ROWS.filter(([, , row]) => 'why' in row && row.why.length < 10)).toEqual([])
  })

  it('counts what is classified', () => {
    const kinds = ROWS.reduce<Record<string, number>>((sum, [, , { kind }]) => ({ ...sum, [kind]: (sum[kind] ?? 0) + 1 }), {})
    expect(ROWS.length).toBeGreaterThan(140)
    console.log(`classified parameters: ${ROWS.length} of ${ROUTES.size} operations, ${JSON.stringify(kinds)}`)
  })
})

interface Operation {
  readonly operationId: string
  readonly parameters?: { name: string }[]
  readonly requestBody?: { content: Record<string, { schema?: { $ref?: string } }> }
}
interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { schemas: Record<string, { properties?: object }> }
}

/** What a client of the operation can say: parameters, fields of its body, and params of a stream. */
function wordsOf(id: OperationId): string[] {
  const { paths, components } = JSON.parse(read('../../api/openapi.json')) as OpenApi
  const placed = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ operationId }) => operationId === id)
  const words = placed.flatMap(({ parameters = [], requestBody }) => {
    const schema = requestBody?.content['application/json']?.schema?.$ref?.split('/').at(-1) ?? ''
    return [...parameters.map(({ name }) => name), ...Object.keys(components.schemas[schema]?.properties ?? {})]
  })
  if (!['stream', 'both'].includes(operation(id).edge)) return words
  return [...words, ...propertiesIn(JSON.parse(read('../../api/asyncapi.json')))]
}

/** Names of every property of every schema. */
function propertiesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { properties } = value as { properties?: object }
  return [...Object.keys(properties ?? {}), ...Object.values(value).flatMap(propertiesIn)]
}
