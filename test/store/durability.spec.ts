import { sql } from 'kysely'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Database, DataDirInUse, openDatabase } from '../../src/store/database.js'
import { Locks } from '../../src/store/locks.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { SettingsStore } from '../../src/store/settings.store.js'
import { TeamStore } from '../../src/store/teams.store.js'
import { until } from '../support/private-host.js'
import { Postgres } from '../support/postgres.js'
import { aRow, aTeam, fresh, KINDS, type Opened } from './support/databases.js'

const WRITER = fileURLToPath(new URL('./support/writer.ts', import.meta.url))
const HOOKS = new URL('../../scripts/ts-imports.mjs', import.meta.url).href

function dataFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'berth-store-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

describe('the embedded database', () => {
  it('keeps every record that it has acknowledged when its process is killed', async () => {
    const dir = dataFolder()
    for (let round = 0; round < 2; round++) {
      const writer = spawn(process.execPath, ['--import', HOOKS, WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
      const acknowledged = await killAfter(writer, 200)
      const db = await openDatabase({ dataDir: dir })
      const rows = await db.selectFrom('audit').select('request_id').orderBy('seq').execute()
      await db.deleteFrom('audit').execute()
      await db.destroy()
      expect(acknowledged.length).toBeGreaterThanOrEqual(200)
      const kept = rows.map(({ request_id }) => request_id)
      // the last one may be there without its acknowledgement having come out
      expect(kept.slice(0, acknowledged.length)).toEqual(acknowledged)
    }
  })

  it('waits for the disk at each commit', async () => {
    const db = await openDatabase({ dataDir: dataFolder() })
    const pragma = async (name: string) =>
      Object.values((await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db)).rows[0]!)[0]
    expect([await pragma('synchronous'), await pragma('journal_mode'), await pragma('foreign_keys')]).toEqual([2, 'wal', 1])
    await db.destroy()
  })

  it('has one process, and tells a second one what to do', async () => {
    const dataDir = dataFolder()
    const db = await openDatabase({ dataDir })
    const second = await openDatabase({ dataDir }).catch((error: unknown) => error)
    expect(second).toBeInstanceOf(DataDirInUse)
    expect((second as Error).message).toBe(`another gateway runs on ${dataDir}: stop it, or give this one another BERTH_DATA_DIR`)
    await db.destroy()
    await (await openDatabase({ dataDir })).destroy()
  })
})

describe.each(KINDS)('on the %s database', (kind) => {
  let opened: Opened
  let db: Database

  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
  })

  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  it('transactions that overlap with others and with single writes lose nothing and mix nothing', async () => {
    const settings = new SettingsStore(db)
    const work = Array.from({ length: 60 }, (_, i) => {
      if (i % 3 === 0) return settings.set(`single-${i}`, 'x')
      return db.transaction().execute(async (tx) => {
        await tx
          .insertInto('settings')
          .values({ key: `tx-${i}-a`, value: 'x' })
          .execute()
        await new Promise((done) => setTimeout(done, i % 5))
        await tx
          .insertInto('settings')
          .values({ key: `tx-${i}-b`, value: 'x' })
          .execute()
        if (i % 3 === 2) throw new Error('rolled back')
      })
    })
    await Promise.allSettled(work)
    const keys = (await db.selectFrom('settings').select('key').execute()).map(({ key }) => key)
    const expected = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? [`single-${i}`] : i % 3 === 1 ? [`tx-${i}-a`, `tx-${i}-b`] : [],
    ).flat()
    expect(keys.filter((key) => /^(single|tx)-/.test(key)).sort()).toEqual(expected.sort())
  })

  it('of twenty claims of one name exactly one is made', async () => {
    const team = aTeam()
    await new TeamStore(db).insert(team)
    const store = new OwnershipStore(db)
    const claims = await Promise.allSettled(Array.from({ length: 20 }, () => store.insert(aRow(team.id, { name: 'web' }))))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await store.countInTeam(team.id)).toBe(1)
  })

  it('a lock is held by one at a time, and let go by who fails', async () => {
    const [one, two] = [new Locks(db), new Locks(db)]
    const seen: string[] = []
    const work = (name: string) => async () => {
      seen.push(`${name}+`)
      await new Promise((done) => setTimeout(done, 5))
      seen.push(`${name}-`)
      if (name === 'b') throw new Error('b fails')
    }
    // within one process, and on PostgreSQL between two
    const other = kind === 'postgres' ? two : one
    const done = await Promise.allSettled([
      one.hold('l', work('a')),
      other.hold('l', work('b')),
      one.hold('l', work('c')),
      other.hold('l', work('d')),
    ])
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    for (let i = 0; i < seen.length; i += 2) expect(seen[i + 1]).toBe(seen[i]!.replace('+', '-'))
    expect(seen).toHaveLength(8)
  })
})

describe('PostgreSQL', () => {
  it('has connections left for the work of many locks at once', async () => {
    const opened = await fresh('postgres')
    const db = await opened.open()
    try {
      const [locks, store] = [new Locks(db), new SettingsStore(db)]
      // each holder needs a second connection while it keeps the one of its lock
      const work = (name: string) => locks.hold(name, () => store.getOrCreate(name, () => name))
      const names = Array.from({ length: 60 }, (_, i) => `lock-${i}`)
      expect(await Promise.all(names.map(work))).toEqual(names)
    } finally {
      await db.destroy()
      await opened.close()
    }
  })

  it('is migrated once by two processes that start at the same time', async () => {
    const opened = await fresh('postgres')
    try {
      const both = await Promise.all([opened.open(), opened.open()])
      await new SettingsStore(both[0]).set('k', 'v')
      expect(await new SettingsStore(both[1]).get('k')).toBe('v')
      await Promise.all(both.map((db) => db.destroy()))
    } finally {
      await opened.close()
    }
  })

  it('may restart: the process lives, connections in use and idle ones are replaced', async () => {
    await using postgres = await Postgres.start()
    const db = await openDatabase({ url: await postgres.database('berth'), dataDir: '/nowhere' })
    const store = new SettingsStore(db)
    await store.set('k', 'v')
    // four connections: one lent out to a lock without a query under way, others idle
    await Promise.all(Array.from({ length: 4 }, () => store.get('k')))
    const held = new Locks(db).hold('l', async () => {
      await postgres.restart()
      return 'done'
    })
    await expect(held).rejects.toThrow()
    await until('the database', 10_000, () =>
      store.get('k').then(
        (value) => value === 'v',
        () => false,
      ),
    )
    await db.destroy()
  })
})

/** Kills the process when it has printed so many lines; answers all lines that it printed. */
async function killAfter(child: ChildProcess, lines: number): Promise<string[]> {
  const seen: string[] = []
  const reader = createInterface({ input: child.stdout! })
  const closed = once(reader, 'close')
  reader.on('line', (line) => {
    seen.push(line)
    if (seen.length === lines) child.kill('SIGKILL')
  })
  await closed
  return seen
}
