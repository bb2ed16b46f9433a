import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/app.js'
import { BASE_IMAGE } from '../support/bed.js'
import { Actor, Scenario } from '../support/scenario.js'

/** What stands between ```sh and ```, in order; one shell runs them all, as a reader's would. */
function shellBlocks(file: string): string[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map((match) => match[1]!)
}

describe('the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-readme-'))
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway({ env: { BERTH_ADMIN_PASSWORD: undefined, BERTH_LIBRARY_IMAGES: BASE_IMAGE } })
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    const admin = await Actor.login(gateway, { username: 'admin', password: 'correct horse battery' })
    await new Scenario(gateway, admin, true).end()
  })

  it('leads from the setup token to two teams that share a host, by the commands that it shows', async () => {
    const blocks = shellBlocks('README.md')
    expect(blocks.length).toBeGreaterThan(5)
    const script = blocks.map((block, index) => `echo "=== ${index}"\n${block}echo`).join('\n')
    const run = await runShell(script, { BERTH: gateway.url, SETUP_TOKEN: gateway.setupToken ?? '', IMAGE: BASE_IMAGE }, folder)
    expect(run.status, run.output).toBe(0)
    const said = run.output.split(/^=== \d+$/m).slice(1)
    const [, setup, teams, blue, green, admin] = said
    expect(setup).not.toContain('error')
    expect(teams).toContain('"name":"green"')
    expect(blue).toMatch(/"status":"running"[^]*\d\d:\d\d:\d\d/)
    // Green's list is empty, blue's container is not there, and the name is free.
    expect(green).toMatch(/"items":\[\][^]*"code":"not_found"[^]*"name":"web","team":"green"/)
    expect(admin).toMatch(/"principal":"green-dev"[^]*"principal":"blue-dev"/)
  })
})

/** Not spawnSync: the gateway that it talks to runs in this process. */
async function runShell(script: string, env: Record<string, string>, cwd: string): Promise<{ status: number | null; output: string }> {
  const shell = spawn('sh', ['-eu'], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  shell.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  shell.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
  shell.stdin.end(script)
  return new Promise((done) => shell.on('close', (status) => done({ status, output })))
}
