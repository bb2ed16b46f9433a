import SqliteDatabase from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { verifyStored } from '../../src/audit/verify.js'
import { openDatabase } from '../../src/store/database.js'
import { MIGRATIONS } from '../../src/store/migrations/index.js'
import { aRecord, aWriter } from './support/log.js'

it('chains the records of an older installation as they are', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'berth-upgrade-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const older = new Kysely<Record<string, Record<string, unknown>>>({
    dialect: new SqliteDialect({ database: new SqliteDatabase(join(dataDir, 'berth.db')) }),
  })
  const migrator = new Migrator({ db: older, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } })
  expect((await migrator.migrateTo('0004-profiles')).error).toBeUndefined()
  // the first had no process, later ones took turns
  await older.transaction().execute(async (tx) => {
    for (let n = 0; n < 1_201; n++)
      await tx
        .insertInto('audit')
        .values({ ...aRecord({ target: `t${n}` }), process_id: n < 3 ? null : `p${n % 2}` })
        .execute()
  })
  await older.destroy()

  const db = await openDatabase({ dataDir })
  onTestFinished(() => db.destroy())
  const { store } = aWriter(db)
  await store.append(aRecord())
  const { intact, records, chains } = await verifyStored(store)
  expect({ intact, records }).toEqual({ intact: true, records: 1_202 })
  expect(chains.map(({ lastSeq }) => lastSeq).toSorted((a, b) => a - b)).toEqual([1, 3, 599, 599])
  expect((await store.readOn({ after: 0, limit: 2_000 })).slice(0, 1_201).map(({ target }) => target)).toEqual(
    Array.from({ length: 1_201 }, (_, n) => `t${n}`),
  )
})
