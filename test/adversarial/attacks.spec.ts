/**
 * The adversarial suite: each row is an attack, and asserts beside its answer that the gateway lives, that a denial changed
 * nothing on the engine and in the database, that no planted secret came out anywhere, and that the audit log has exactly
 * the records of this one request.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Table } from './support/attack.js'
import { Field } from './support/field.js'
import { carryOut, forget } from './support/judge.js'
import { AUTHENTICATION } from './tables/authentication.js'
import { AUTHORIZATION } from './tables/authorization.js'
import { CREATE } from './tables/create.js'
import { EXEC } from './tables/exec.js'

const TABLES: readonly Table[] = [AUTHENTICATION, AUTHORIZATION, CREATE, EXEC]

let field: Field
beforeAll(async () => {
  field = await Field.make()
}, 120_000)
afterAll(async () => {
  forget()
  await field?.end()
})

describe.each(TABLES)('$title', ({ rows }) => {
  it.each(rows)('$name', async (attack) => carryOut(field, attack))
})

describe('after all of it', () => {
  it('no secret of bravo is in the log or in the audit records', async () => {
    const records = JSON.stringify(await field.recordsSince(0))
    expect(Object.values(field.secrets).filter((secret) => field.log.includes(secret))).toEqual([])
    expect(Object.values(field.secrets).filter((secret) => records.includes(secret))).toEqual([])
  })
})
