import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError, loadConfig, type Config } from '../config/config.js'
import { DataDirInUse, type Database, openForReading } from '../store/database.js'
import { readLedger } from '../store/ledger.store.js'
import { openCopy } from '../store/read-copy.js'
import { EngineReader } from './engine-reader.js'
import { type Findings, sweep } from './sweep.js'

/** What is being made or removed at this moment is in order a moment later. */
const SECOND_LOOK_MS = 3_000
/** `--once`: no second look, where nothing is being made or removed. */
const OPTIONS = ['--json', '--once']

/**
 * `npm run sweep`: holds every container to its owner's profile, and every object to exactly one owner, from the engine and the
 * database themselves. 0: in order, 1: not, 2: could not be done. It changes nothing, and may run beside a gateway.
 */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((arg) => !OPTIONS.includes(arg))
  if (unknown.length > 0) throw new ConfigError(`usage: npm run sweep [-- ${OPTIONS.join(' ')}]\nnot understood: ${unknown.join(' ')}`)
  const config = loadConfig(process.env)
  const findings = args.includes('--once') ? await look(config) : await confirmed(config)
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(findings, null, 2)}\n` : report(findings))
  return findings.faults.length === 0 ? 0 : 1
}

/** A fault counts that is there at a second look too. */
async function confirmed(config: Config): Promise<Findings> {
  const first = await look(config)
  if (first.faults.length === 0) return first
  await delay(SECOND_LOOK_MS)
  const second = await look(config)
  return { ...second, faults: second.faults.filter((fault) => first.faults.includes(fault)) }
}

async function look(config: Config): Promise<Findings> {
  const { db, end } = await database(config)
  try {
    const ledger = await readLedger(db)
    return sweep(await new EngineReader(config.BERTH_DOCKER_HOST).read(), ledger)
  } finally {
    await end()
  }
}

async function database({ BERTH_DATABASE_URL: url, BERTH_DATA_DIR: dataDir }: Config): Promise<{ db: Database; end: () => Promise<void> }> {
  try {
    const db = await openForReading({ url, dataDir })
    return { db, end: () => db.destroy() }
  } catch (error) {
    if (error instanceof DataDirInUse) return openCopy(dataDir)
    throw error
  }
}

function report({ faults, containers, volumes, networks, tags, unowned, adopted, kept }: Findings): string {
  const size = `${containers} containers, ${volumes} volumes, ${networks} networks, ${tags} holding tags`
  const beside = [
    unowned > 0 && `${unowned} belong to nobody`,
    adopted > 0 && `${adopted} were given to a team and are held to no profile`,
    kept > 0 && `${kept} are as their team was allowed to make them then, and would not be made today`,
  ]
  const notes = beside.filter((note) => note !== false).map((note) => `note: ${note}\n`)
  if (faults.length === 0) return `in order: ${size}\n${notes.join('')}`
  return `${faults.map((fault) => `wrong: ${fault}\n`).join('')}${faults.length} wrong, of ${size}\n${notes.join('')}`
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof ConfigError ? error.message : error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  },
)
