import SqliteDatabase from 'better-sqlite3'
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { MIGRATIONS } from './migrations/index.js'
import type { Schema } from './schema.js'

/** The one handle on the database; only src/store uses it. */
export class Database extends Kysely<Schema> {}

/** Which database: a PostgreSQL address, else the embedded one in the folder. */
export interface DatabaseOptions {
  readonly url?: string | undefined
  readonly dataDir: string
}

/** A server that does not take the connection is an error, not a wait without end. */
const CONNECT_MS = 5_000

/** The data directory is in use by another process: the embedded database has one writer. */
export class DataDirInUse extends Error {}

/**
 * Opens the database and brings its schema up to date.
 * @throws DataDirInUse when another process holds the embedded database.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const db = options.url ? openPostgres(options.url) : openSqlite(options.dataDir)
  try {
    await migrate(db)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}

/**
 * Opens what is there without changing it, for a command beside the gateway. No migration is run.
 * @throws DataDirInUse when a gateway holds the embedded database.
 */
export async function openForReading(options: DatabaseOptions): Promise<Database> {
  if (options.url) return openPostgres(options.url)
  const sqlite = new SqliteDatabase(join(options.dataDir, 'berth.db'), { readonly: true, fileMustExist: true, timeout: 1000 })
  try {
    sqlite.prepare('select 1 from sqlite_master').get()
  } catch (error) {
    sqlite.close()
    throw isLocked(error)
      ? new DataDirInUse(`a gateway runs on ${options.dataDir}: stop it, or take a copy of its database`, { cause: error })
      : error
  }
  return new Database({ dialect: new SqliteDialect({ database: sqlite }) })
}

function openPostgres(url: string): Database {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: CONNECT_MS })
  // A connection that the server cuts tells of it by an event, idle or lent out; unheard, that event ends our process. Whoever
  // uses the connection gets the error from its query.
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return new Database({ dialect: new PostgresDialect({ pool }) })
}

function ignore(): void {}

const MOST_STATEMENTS = 500

/** Kysely prepares for each query; a third of a query's time was spent on that (measured). Calls are synchronous, so one statement serves all of a text. */
function keepStatements(sqlite: SqliteDatabase.Database): void {
  const prepare = sqlite.prepare.bind(sqlite) as (sql: string) => SqliteDatabase.Statement
  const kept = new Map<string, SqliteDatabase.Statement>()
  const keeping = (sql: string): SqliteDatabase.Statement => {
    const known = kept.get(sql)
    if (known) return known
    const statement = prepare(sql)
    if (kept.size >= MOST_STATEMENTS) kept.clear()
    kept.set(sql, statement)
    return statement
  }
  sqlite.prepare = keeping as typeof sqlite.prepare
}

function openSqlite(dataDir: string): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'berth.db')
  closeSync(openSync(file, 'a', 0o600))
  const sqlite = new SqliteDatabase(file, { timeout: 1000 })
  keepStatements(sqlite)
  // EXCLUSIVE: a second process on the same folder fails at once instead of sharing state that lives in our memory.
  sqlite.pragma('locking_mode = EXCLUSIVE')
  try {
    sqlite.pragma('journal_mode = WAL')
    sqlite.exec('begin exclusive; commit')
  } catch (error) {
    sqlite.close()
    if (isLocked(error))
      throw new DataDirInUse(`another gateway runs on ${dataDir}: stop it, or give this one another BERTH_DATA_DIR`, { cause: error })
    throw error
  }
  // FULL: an audit record that was answered for must survive a power cut.
  sqlite.pragma('synchronous = FULL')
  sqlite.pragma('foreign_keys = ON')
  return new Database({ dialect: new SqliteDialect({ database: sqlite }) })
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && /locked|busy/i.test(error.message)
}

async function migrate(db: Database): Promise<void> {
  // Unordered: numbers are given out in ranges, so one that comes later may stand before one that has run.
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) }, allowUnorderedMigrations: true })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error instanceof Error ? error : new Error('the migration failed', { cause: error })
}

/** True when the error is a broken unique index, in either database. */
export function isUniqueViolation(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
}
