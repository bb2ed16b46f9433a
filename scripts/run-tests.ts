/**
 * The run itself, on Node 24: one bed, vitest on it with the arguments given, the leftover check, and the end of the bed
 * whatever happened. The last line is `N passed, N failed`; what fails outside of a test counts as one that failed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BED_VARIABLE, purgeStale, startBed, type Bed } from '../test/support/bed.js'
import { leftovers } from '../test/support/leftovers.js'
import { signal } from '../test/support/private-host.js'

/** What vitest's json reporter writes, as far as it matters here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}

const VITEST = 'node_modules/vitest/vitest.mjs'
const total = { passed: 0, failed: 0 }
const interruption = new AbortController()

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interruption.abort(name))
watchParent(process.ppid)

const started = Date.now()
await attempt('the run', runAll)
console.error(`» ${((Date.now() - started) / 1000).toFixed(1)} s`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)

async function runAll(): Promise<void> {
  const stale = await purgeStale()
  if (stale.length > 0) console.error(`» purged what a killed run left behind: ${stale.join(' ')}`)
  const bed = await startBed()
  try {
    await attempt('vitest', () => runVitest(bed))
    // tests that were cut off could not clean up
    if (!interruption.signal.aborted) await attempt('the leftover check', () => checkLeftovers(bed))
  } finally {
    await bed.purge()
  }
}

async function runVitest(bed: Bed): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-report-'))
  const file = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  try {
    const code = await endOf(startVitest(bed, ['run', ...reporters, ...process.argv.slice(2)]))
    const failed = count(JSON.parse(readFileSync(file, 'utf8')) as Report)
    // an error between tests is in no test's result
    if (code !== 0 && failed === 0) throw new Error(`exit code ${code} without a failed test: see above`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function startVitest(bed: Bed, args: string[]): ChildProcess {
  // a process group of its own: its end takes along whatever the tests have started
  return spawn(process.execPath, [VITEST, ...args], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [BED_VARIABLE]: bed.dir },
  })
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const group = -(child.pid ?? 0)
  const kill = (name: NodeJS.Signals) => void (child.exitCode === null && group !== 0 && signal(group, name))
  const onAbort = () => {
    kill('SIGTERM')
    setTimeout(() => kill('SIGKILL'), 5_000).unref()
  }
  interruption.signal.addEventListener('abort', onAbort)
  if (interruption.signal.aborted) onAbort()
  const [code] = (await once(child, 'exit')) as [number | null]
  signal(group, 'SIGKILL')
  if (interruption.signal.aborted) throw new Error(`interrupted: ${String(interruption.signal.reason)}`)
  return code
}

/** Adds up a report and answers what failed in it; a file that could not even be loaded has no tests, but failed. */
function count(report: Report): number {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const failed = report.numFailedTests + broken.length
  total.passed += report.numPassedTests
  total.failed += failed
  return failed
}

async function checkLeftovers(bed: Bed): Promise<void> {
  const left = await leftovers(bed.socketPath)
  if (left.length > 0) throw new Error(`tests left this on the engine:\n  ${left.join('\n  ')}`)
}

/** A failure outside of the tests counts as one that failed, and what follows still runs. */
async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    total.failed++
    console.error(`\n» ${what} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** npm and the bootstrap may be killed without a word to us; the engine must not outlive them. */
function watchParent(parent: number): void {
  setInterval(() => process.ppid !== parent && interruption.abort('the parent process is gone'), 1_000).unref()
}
