import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, type Gateway, startGateway } from '../support/app.js'
import { bed, type Forward } from '../support/bed.js'
import type { Registry } from '../support/registry.js'
import { Actor, Scenario, type Team } from '../support/scenario.js'

interface Section {
  /** `S07`; the preamble has none. */
  readonly row: string | null
  readonly sh: readonly string[]
  readonly ts: readonly string[]
}

/** What the commands of a row have to show; a row that is not here has only to succeed. */
const SHOWS: Readonly<Record<string, RegExp>> = {
  S01: /"ready":true/,
  S02: /"storageDriver"/,
  S03: /"code":"not_found"[^]*"hint"/,
  S04: /"registryMirrors":\["http:\/\/127\.0\.0\.1:5000\/?"\]/,
  S05: /"busybox:1"/,
  S06: /"name":"127\.0\.0\.1:5000\/library\/busybox"[^]*"failed":\[\{"registry":"docker\.io"/,
  S07: /"state":"succeeded"[^]*"state":"succeeded"/,
  S08: /"team":"course"[^]*"host":null[^]*"buildCache"/,
  S09: /"untagged":\["spare:1"\]/,
  S10: /"name":"u1"[^]*"host":\d+/,
  S11: /"status":"exited"[^]*"exitCode":0[^]*"explanation":"/,
  S12: /"name":"u1"/,
  S13: /"status":"running"/,
  S14: /(?=[^]*hello)(?=[^]*"exitCode":3)/,
  S17: /"code":"container_running"/,
  S18: /"nobody"/,
  S19: /line 4[^]*line 5/,
  S20: /sleep 600/,
  S21: /"mounts":\[\]/,
  S22: /from the host[^]*etc\/passwd/,
  S23: /"state":"succeeded"[^]*from the host/,
  S24: /letter\.txt/,
  S25: /"state":"succeeded"[^]*the tool runs/,
  S26: /"code":"registry_login_failed"[^]*"login":"verified"/,
  S27: /"state":"succeeded"[^]*"digest":"sha256:/,
  S28: /"untagged"[^]*"state":"succeeded"[^]*the tool runs/,
  S29: /"nextCursor":"[^]*"name":"1"[^]*"digest":"sha256:/,
  S30: /"name":"5\.2\.1"[^]*"untagged"[^]*"state":"succeeded"[^]*"name":"back"[^]*"tags":\["5\.2\.1"\]/,
  S31: /from the host[^]*from the container/,
  S32: /Read-only file system/,
  S33: /from v1[^]*from v2/,
  S34: /"usedBy":\["v1"\][^]*"code":"conflict"/,
  S35: /"copy-1"[^]*"copy-3"/,
  S36: /"code":"policy_denied"[^]*privileged/,
}

const ROWS = Array.from({ length: 36 }, (_, at) => `S${String(at + 1).padStart(2, '0')}`)
/** Port of a registry with a login. */
const COMPANY = 5037
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SECTIONS = sections('docs/course.md')

describe('docs/course.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-course-'))
  const hostFolder = join(folder, 'host')
  let gateway: Gateway
  let registry: Registry
  const forwards: Forward[] = []

  beforeAll(async () => {
    chmodSync(folder, 0o755)
    mkdirSync(hostFolder, { mode: 0o777 })
    registry = await bed().startRegistry({ port: COMPANY, users: { ann: 'what it knows' } })
    for (const port of [5000, COMPANY]) forwards.push(await bed().forward(port))
    const routes = [5000, COMPANY].map((port, at) => `127.0.0.1:${port}=127.0.0.1:${forwards[at]!.port}`)
    gateway = await startGateway({ env: { BERTH_REGISTRY_ROUTES: routes.join(',') } })
  })
  afterAll(async () => {
    const scenario = new Scenario(gateway, await Actor.login(gateway, ADMIN), true)
    for (const team of (await scenario.admin.ok<{ items: Team[] }>('GET', '/teams')).items) scenario.teams.set(team.name, team)
    await scenario.end()
    await Promise.all([...forwards.map((forward) => forward.close()), registry.stop()])
    rmSync(folder, { recursive: true })
  })

  it('has every row of the course, once', () => {
    expect(SECTIONS.flatMap(({ row }) => row ?? []).sort()).toEqual(ROWS)
    expect(SECTIONS.filter(({ sh, ts: snippets }) => sh.length + snippets.length === 0)).toEqual([])
  })

  it('shows curl lines that do what they say', async () => {
    const script = SECTIONS.map(({ row, sh }) => `echo "=== ${row}"\n${sh.join('\n')}\necho`).join('\n')
    const hosts = { REGISTRY: bed().registryHost, COMPANY: registry.host }
    const env = { BERTH: gateway.url, ADMIN_PASSWORD: ADMIN.password, HOST_FOLDER: hostFolder, ...hosts }
    const { status, output } = await runShell(script, env, folder)
    expect(status, output.slice(-3_000)).toBe(0)
    const said = new Map(output.split(/^=== /m).map((part) => [part.slice(0, 3), part]))
    for (const [row, shows] of Object.entries(SHOWS)) expect(said.get(row), row).toMatch(shows)
  })

  it('shows TypeScript that compiles', () => {
    expect(faultsOf(SECTIONS)).toEqual([])
  })
})

function sections(file: string): Section[] {
  const parts = readFileSync(join(ROOT, file), 'utf8').split(/^### /m)
  const blocks = (text: string, language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!)
  return parts.map((text, at) => ({ row: at === 0 ? null : text.slice(0, 3), sh: blocks(text, 'sh'), ts: blocks(text, 'ts') }))
}

/** Each row in a function of its own, after the preamble, whose import is of the client in this repository. */
function faultsOf(all: readonly Section[]): string[] {
  const path = join(ROOT, 'test/docs/course-snippets.ts')
  const [preamble, ...rows] = all
  const head = preamble!.ts.join('\n').replace("'@berth/client'", "'../../clients/typescript/src/index.js'")
  const needsRegistry = (row: string | null) => row !== 'S29'
  const known = "const registry = { id: '' }"
  const bodies = rows.map(
    ({ row, ts: lines }) => `export async function ${row}() {\n${needsRegistry(row) ? known : ''}\n${lines.join('\n')}\n}`,
  )
  const text = [head, ...bodies].join('\n')
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config,
    ts.sys,
    ROOT,
  )
  const real = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...real,
    fileExists: (file) => file === path || real.fileExists(file),
    readFile: (file) => (file === path ? text : real.readFile(file)),
    getSourceFile: (file, ...rest) => (file === path ? ts.createSourceFile(file, text, rest[0]) : real.getSourceFile(file, ...rest)),
  }
  const program = ts.createProgram([path], options, host)
  const source = program.getSourceFile(path)!
  const faults = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  return faults.map(({ messageText, start }) => {
    const line = text.split('\n')[source.getLineAndCharacterOfPosition(start ?? 0).line]
    return `${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${line}`
  })
}

/** Not spawnSync: the gateway that it talks to runs in this process. */
async function runShell(script: string, env: Record<string, string>, cwd: string): Promise<{ status: number | null; output: string }> {
  const shell = spawn('sh', ['-eu'], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  shell.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  shell.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
  shell.stdin.end(script)
  return new Promise((done) => shell.on('close', (status) => done({ status, output })))
}
