import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isOperation, operation, type OperationId, OPERATIONS } from '../../src/access/index.js'

interface EngineOperation {
  readonly route: string
  /** `1.44`: from then to the last version; `1.41-1.43`: until then. */
  readonly in: string
}

const ENGINE = JSON.parse(readFileSync(new URL('engine-operations.json', import.meta.url), 'utf8')) as {
  versions: string[]
  operations: Record<string, EngineOperation>
}

describe('the operations table and the engine API 1.41 to 1.55', () => {
  it('knows the versions it speaks of', () => {
    expect([ENGINE.versions.at(0), ENGINE.versions.at(-1)]).toEqual(['1.41', '1.55'])
    expect(Object.keys(ENGINE.operations).length).toBeGreaterThan(100)
  })

  it.each(Object.entries(ENGINE.operations))('has a row for %s with its route and its first version', (id, { route, in: range }) => {
    expect(isOperation(id), `${id} (${route}) has no row: decide what it is, and who may`).toBe(true)
    expect(operation(id as OperationId).engine).toBe(route)
    expect(operation(id as OperationId).since ?? '1.41').toBe(range.split('-')[0])
  })

  it('names no engine route that the engine does not have under that name', () => {
    const strange = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => operation(id).engine && !ENGINE.operations[id])
    expect(strange).toEqual([])
  })

  it('offers nothing of the cluster, of plugins or of BuildKit sessions, to nobody', () => {
    const dangerous = /^\/(swarm|nodes|services|tasks|secrets|configs|plugins|session)/
    const offered = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => dangerous.test(operation(id).engine?.split(' ')[1] ?? ''))
    expect(offered.length).toBeGreaterThan(30)
    expect(offered.filter((id) => operation(id).edge !== 'never')).toEqual([])
  })
})
