/**
 * The adversarial suite: each row is an attack, and asserts beside its answer that the gateway lives, that a denial changed
 * nothing on the engine and in the database, that no planted secret came out anywhere, and that the audit log has exactly
 * the records of this one request.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Table } from './support/attack.js'
import { Field } from './support/field.js'
import { carryOut, forget } from './support/judge.js'
import { AUDIT } from './tables/audit.js'
import { AUTHENTICATION } from './tables/authentication.js'
import { AUTHORIZATION } from './tables/authorization.js'
import { CREATE } from './tables/create.js'
import { EXEC } from './tables/exec.js'
import { FILES } from './tables/files.js'
import { HTTP } from './tables/http.js'
import { IMAGES } from './tables/images.js'
import { REGISTRIES } from './tables/registries.js'
import { SOCKETS } from './tables/sockets.js'
import { VOLUMES_NETWORKS } from './tables/volumes-networks.js'

const TABLES: readonly Table[] = [
  AUTHENTICATION,
  AUTHORIZATION,
  CREATE,
  EXEC,
  FILES,
  IMAGES,
  REGISTRIES,
  VOLUMES_NETWORKS,
  HTTP,
  SOCKETS,
  AUDIT,
]

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

/** What has happened to others: each has its row. CVE-2018-15664 is a race, in races.spec.ts. */
const INCIDENTS = [
  'CVE-2024-41110',
  'CVE-2026-23520',
  'CVE-2026-24740',
  'CVE-2026-34040',
  'CVE-2026-41567',
  'CVE-2026-44848',
  'CVE-2026-44849',
  'CVE-2026-44850',
  'CVE-2026-44882',
  'CVE-2026-44883',
  'CVE-2026-44985',
  'CVE-2026-57169',
  'CVE-2026-72863',
]

describe('the suite', () => {
  const names = TABLES.flatMap(({ title, rows }) => rows.map(({ name }) => ({ name, whole: `${title}: ${name}` })))

  it('has 150 rows and more, each under a name of its own', () => {
    expect(names.length).toBeGreaterThan(150)
    const all = names.map(({ whole }) => whole)
    expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([])
    console.log(`adversarial rows: ${names.length}`)
  })

  it.each(INCIDENTS)('has a row for %s', (id) => {
    expect(names.filter(({ name }) => name.startsWith(id)).length).toBeGreaterThan(0)
  })
})

describe('after all of it', () => {
  it('no secret of bravo is in the log or in the audit records', async () => {
    const records = JSON.stringify(await field.recordsSince(0))
    expect(Object.values(field.secrets).filter((secret) => field.log.includes(secret))).toEqual([])
    expect(Object.values(field.secrets).filter((secret) => records.includes(secret))).toEqual([])
  })
})
