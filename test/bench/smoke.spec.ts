import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { environment, node24, ROOT } from '../../scripts/setup.mjs'

/** On the bed of this run; how fast anything is does not matter here. */
async function bench(...args: string[]): Promise<{ code: number | null; output: string }> {
  const hooks = join(ROOT, 'scripts/ts-imports.mjs')
  const child = spawn(node24(), ['--import', hooks, 'bench/main.ts', '--quick', ...args], {
    cwd: ROOT,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, output: stdout + stderr }
}

describe('the bench', () => {
  it('measures what it is asked for, side by side, on a gateway and an engine that it leaves clean', async () => {
    const { code, output } = await bench('inspect')
    expect(code, output).toBe(0)
    expect(output).toMatch(/^\| inspect, 1 connection: p50 +\| [\d.]+ ms +\| [\d.]+ ms +\|/m)
    expect(output).toMatch(/Docker Engine \S+ \(API 1\.\d+/)
  })

  it('refuses a figure that it does not have, before it starts anything', async () => {
    const { code, output } = await bench('nonsense')
    expect(code).toBe(2)
    expect(output).toContain('no such figure: nonsense; there are list inspect')
  })
})
