/** What the figures were measured on. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import { execFileSync } from 'node:child_process'
import { ROOT } from '../../scripts/setup.mjs'
import type { Http } from './http.js'

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
    `- load average ${load.before.toFixed(1)} at the start, ${loadAverage().toFixed(1)} at the end; both sides and the load generator share the cores`,
  ]
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
