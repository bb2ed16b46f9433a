/** What the figures were measured on. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { execFileSync } from 'node:child_process'
import { ROOT } from '../../scripts/setup.mjs'
import type { Http } from './http.js'
import { median } from './statistics.js'

interface EngineFacts {
  readonly Version: string
  readonly ApiVersion: string
}

/** As lines of Markdown. */
export async function machineFacts(engine: Http, load: { before: number }): Promise<string[]> {
  const { Version, ApiVersion } = await engine.json<EngineFacts>('GET', '/version')
  const { Driver } = await engine.json<{ Driver: string }>('GET', '/info')
  const [processor] = cpus()
  return [
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${commit()}`,
    `- ${cpus().length} cores (${processor?.model.trim() ?? 'unknown'}), ${(totalmem() / 1_073_741_824).toFixed(1)} GiB of memory, Linux ${release()}`,
    `- Node ${process.version}, Docker Engine ${Version} (API ${ApiVersion}, ${Driver})`,
    `- a write of 4 KiB that is synced takes ${syncMs().toFixed(2)} ms in the data directory's file system (median of 50)`,
    `- load average ${load.before.toFixed(1)} at the start, ${loadAverage().toFixed(1)} at the end; both sides and the load generator share the cores`,
  ]
}

/** What each commit of the embedded database pays. */
function syncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'berth-sync-'))
  const file = openSync(join(folder, 'file'), 'w')
  const block = Buffer.alloc(4_096)
  const took: number[] = []
  for (let round = 0; round < 50; round++) {
    const start = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    took.push(performance.now() - start)
  }
  closeSync(file)
  rmSync(folder, { recursive: true })
  return median(took)
}

export function loadAverage(): number {
  return loadavg()[0] ?? 0
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : ' with changes'}`
  } catch {
    return 'unknown'
  }
}
