import { closeSync, constants, copyFileSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openForReading } from './database.js'

const TRIES = 20
/** Magic, version, page size, checkpoint number and salts: a log that was begun anew has other salts. */
const LOG_HEADER = 32

/** A copy of an embedded database that a running gateway holds: it lets nobody else read it. `end` takes the copy away. */
export async function openCopy(dataDir: string): Promise<{ readonly db: Database; readonly end: () => Promise<void> }> {
  // as private as what it was copied from
  const dir = mkdtempSync(join(tmpdir(), `berth-copy-${process.pid}-`))
  const drop = (): void => rmSync(dir, { recursive: true, force: true })
  try {
    copyWhole(dataDir, dir)
    const db = await openForReading({ dataDir: dir })
    return { db, end: () => db.destroy().finally(drop) }
  } catch (error) {
    drop()
    throw error
  }
}

/**
 * What a checkpoint moves from the log to the file stays in the log until that is begun anew: with the log of the same salts
 * before and after, file and log together are whole, whatever was written meanwhile.
 */
function copyWhole(from: string, to: string): void {
  const [file, log] = [join(from, 'berth.db'), join(from, 'berth.db-wal')]
  for (let tries = 0; tries < TRIES; tries++) {
    const before = headerOf(log)
    // at once where the file system can share blocks
    copyFileSync(file, join(to, 'berth.db'), constants.COPYFILE_FICLONE)
    if (existsSync(log)) copyFileSync(log, join(to, 'berth.db-wal'), constants.COPYFILE_FICLONE)
    if (headerOf(log) === before) return
  }
  throw new Error('the database is written to faster than it can be copied: try again')
}

function headerOf(log: string): string {
  if (!existsSync(log)) return ''
  const header = Buffer.alloc(LOG_HEADER)
  const open = openSync(log, 'r')
  try {
    readSync(open, header, 0, LOG_HEADER, 0)
  } finally {
    closeSync(open)
  }
  return header.toString('hex')
}
