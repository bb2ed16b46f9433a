/** The sweep reads a copy of a database that a gateway holds: taken while that writes, it is whole, and has all that was acknowledged. */
import { sql } from 'kysely'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { openForReading } from '../../src/store/database.js'
import { openCopy } from '../../src/store/read-copy.js'
import { until } from '../support/private-host.js'

const WRITER = fileURLToPath(new URL('./support/writer.ts', import.meta.url))
const HOOKS = new URL('../../scripts/ts-imports.mjs', import.meta.url).href
/** A record is two kilobytes and more: a checkpoint, which comes at four megabytes, moves some hundreds of them. */
const RECORDS = 3_000

it('is whole while the gateway writes, through checkpoints, and goes at its end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-store-'))
  const said = join(dir, 'acknowledged')
  // into a file: copying leaves no time to listen
  const writer = spawn(process.execPath, ['--import', HOOKS, WRITER, dir], { stdio: ['ignore', openSync(said, 'a'), 'inherit'] })
  const ended = once(writer, 'exit')
  onTestFinished(async () => {
    writer.kill('SIGKILL')
    await ended
    rmSync(dir, { recursive: true })
  })
  const acknowledged = () => readFileSync(said, 'utf8').split('\n').length - 1
  await until('the first record', 20_000, () => acknowledged() > 0)
  await expect(openForReading({ dataDir: dir })).rejects.toThrow(/a gateway runs on/)
  for (let least = 0; least < RECORDS;) {
    least = acknowledged()
    const { db, end } = await openCopy(dir)
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
    const kept = await db.selectFrom('audit').select('request_id').orderBy('seq').execute()
    await end()
    expect(rows).toEqual([{ integrity_check: 'ok' }])
    expect(kept.map((row) => row.request_id)).toEqual(kept.map((_, at) => String(at)))
    expect(kept.length).toBeGreaterThanOrEqual(least)
  }
  expect(writer.exitCode).toBeNull()
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`berth-copy-${process.pid}-`))).toEqual([])
}, 180_000)
