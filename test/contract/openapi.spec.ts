import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { OpenAPIObject } from '@nestjs/swagger'
import { operation, type OperationId, OPERATIONS } from '../../src/access/index.js'
import { openApiFaults } from '../../src/contract/openapi-faults.js'
import { IDEMPOTENCY_KEY } from '../../src/http/idempotency-key.js'
import { operationsOf, sorted } from '../../src/http/openapi.js'
import { ROUTES } from '../../clients/typescript/src/index.js'

const text = readFileSync(new URL('../../api/openapi.json', import.meta.url), 'utf8')
const DOCUMENT = JSON.parse(text) as OpenAPIObject
const placed = operationsOf(DOCUMENT)
const offered = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => ['rest', 'both'].includes(operation(id).edge))

describe('api/openapi.json', () => {
  it('leaves nothing unsaid', () => {
    expect(openApiFaults(DOCUMENT)).toEqual([])
  })

  it('has each operation that is offered over rest, once, and no other', () => {
    expect(placed.map(({ op }) => String(op.operationId)).sort()).toEqual(offered.sort())
  })

  it.each(placed.map(({ op, path, method }) => [op.operationId as OperationId, { op, path, method }] as const))(
    '%s shows the permission of its row',
    (id, { op }) => {
      const extensions = op as unknown as Record<string, unknown>
      expect(extensions['x-permission']).toBe(operation(id).permission)
      expect(extensions['x-target']).toBe(operation(id).target)
      expect(op.security).toEqual(operation(id).target === 'public' ? [] : [{ bearer: [] }])
      expect(op.responses['default']).toMatchObject({
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } } },
      })
    },
  )

  it('shows the Idempotency-Key at every write of somebody, but where the body is bytes', () => {
    const takes = placed.filter(({ op }) =>
      op.parameters?.some((each) => 'in' in each && each.in === 'header' && each.name === IDEMPOTENCY_KEY),
    )
    const bytes = new Set<OperationId>(['ImageBuild', 'ImageImport', 'ImageLoad', 'PutContainerArchive'])
    const writes = offered.filter((id) => operation(id).effect === 'write' && operation(id).target !== 'public')
    expect(takes.map(({ op }) => String(op.operationId)).sort()).toEqual(writes.filter((id) => !bytes.has(id)).sort())
  })

  it('is written in one order, so that a change shows in the diff and nothing else does', () => {
    expect(text).toBe(`${JSON.stringify(sorted(DOCUMENT), null, 2)}\n`)
  })

  it('keeps to the paths that the contract promises', () => {
    expect(placed.filter(({ path }) => !/^\/(api\/v1\/|health\/|metrics$)/.test(path))).toEqual([])
  })

  it('is what the client was generated from', () => {
    const routes = Object.fromEntries(placed.map(({ op, method, path }) => [op.operationId, [method, path]]))
    expect(ROUTES).toEqual(routes)
  })
})

describe('the check of the document', () => {
  const broken = (change: (document: OpenAPIObject) => void): string[] => {
    const copy = structuredClone(DOCUMENT)
    change(copy)
    const known = openApiFaults(DOCUMENT)
    return openApiFaults(copy).filter((fault) => !known.includes(fault))
  }

  it('finds a schema that admits everything', () => {
    expect(broken((d) => void (d.components!.schemas!['Hole'] = { type: 'object', properties: { any: {} } }))).toEqual([
      '#/components/schemas/Hole/any: an empty schema',
    ])
    expect(broken((d) => void (d.components!.schemas!['Hole'] = { type: 'object', properties: {} }))).toEqual([
      '#/components/schemas/Hole: an object without properties',
    ])
  })

  it('finds an operation with another permission than its row', () => {
    const faults = broken(
      (d) => void ((d.paths['/api/v1/system/info']!.get as unknown as Record<string, unknown>)['x-permission'] = 'self.read'),
    )
    expect(faults).toEqual(['GET /api/v1/system/info: x-permission is not that of the table'])
  })

  it('finds an operation that is not in the table, and one that is there twice', () => {
    const faults = broken((d) => {
      d.paths['/api/v1/extra'] = { get: { operationId: 'Extra', responses: {} } }
      d.paths['/api/v1/again'] = { get: structuredClone(d.paths['/api/v1/system/info']!.get!) }
    })
    expect(faults).toEqual(['GET /api/v1/extra: no operation of the table: Extra', 'SystemInfo: 2 operations have this id'])
  })
})
