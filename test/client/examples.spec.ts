/** Each example as a user runs it: one command, with the address and a token in the environment. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { until } from '../streams/support.js'
import { type Actor, runContainer, type Scenario, scenario, type Team, withCmd, withName } from '../support/scenario.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let s: Scenario
let team: Team
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  team = await s.team('examples')
  ann = await s.user('ann', { examples: 'developer' })
  const count = (what: string) => `i=0; while :; do i=$((i+1)); echo "INFO ${what} $i"; usleep 100000; done`
  await runContainer(ann, withName('web'), withCmd('sh', '-c', count('web')))
  await runContainer(ann, withName('db'), withCmd('sh', '-c', count('db')))
})
afterAll(() => s?.end())

class Run {
  output = ''
  readonly code: Promise<number | null>
  private readonly child

  constructor(...args: string[]) {
    const env = { ...process.env, BERTH_URL: s.url, BERTH_TOKEN: ann.accessToken! }
    // a group of its own, so that it ends with all that it started
    this.child = spawn('npm', ['run', '--silent', 'example', '--', ...args], { cwd: ROOT, env, stdio: 'pipe', detached: true })
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (data: Buffer) => (this.output += data.toString()))
    this.code = new Promise((resolve) => this.child.once('exit', resolve))
  }

  type(text: string): void {
    this.child.stdin.write(text)
  }

  async shows(text: string | RegExp): Promise<void> {
    const seen = () => (typeof text === 'string' ? this.output.includes(text) : text.test(this.output))
    await until(String(text), seen, 40_000).catch(() => expect.fail(`no ${String(text)} in ${this.output}`))
  }

  end(): void {
    if (this.child.pid !== undefined && this.child.exitCode === null) process.kill(-this.child.pid, 'SIGKILL')
  }
}

async function running(args: string[], work: (run: Run) => Promise<void>): Promise<void> {
  const run = new Run(...args)
  try {
    await work(run)
  } finally {
    run.end()
  }
}

describe('npm run example --', () => {
  it('tail', () =>
    running(['tail', 'web'], async (run) => {
      await run.shows(/INFO web \d+\nINFO web \d+\n/)
    }))

  it('tail of what is searched for', () =>
    running(['tail', 'web', 'web 3'], async (run) => {
      await run.shows(/INFO web 3\d/)
      expect(
        run.output
          .trimEnd()
          .split('\n')
          .every((line) => line.includes('web 3')),
      ).toBe(true)
    }))

  it('tail-team', () =>
    running(['tail-team', team.name], async (run) => {
      await run.shows(/web.* INFO web \d+/)
      await run.shows(/db.* INFO db \d+/)
    }))

  it('shell', () =>
    running(['shell', 'web'], async (run) => {
      await run.shows(/# /)
      run.type('echo $((6*7)) of them; exit 5\n')
      await run.shows('42 of them')
      expect(await run.code).toBe(5)
    }))

  it('pull', async () => {
    const reference = await bed().uniqueImage({ files: [{ a: '1' }, { b: randomBytes(8).toString('hex') }] })
    await running(['pull', reference, team.name], async (run) => {
      expect(await run.code).toBe(0)
      expect(run.output).toContain('██████')
      expect(run.output).toContain(`${reference} is there`)
    })
    await ann.ok('DELETE', `/images/${encodeURIComponent(reference)}?team=${team.name}`)
  })

  it('pull of what there is not', () =>
    running(['pull', '127.0.0.1:5000/nothing:1', team.name], async (run) => {
      expect(await run.code).toBe(1)
      expect(run.output).toContain('could not be pulled')
      expect(run.output).not.toContain('    at ')
    }))

  it('says what went wrong and what to do', () =>
    running(['tail', 'nowhere'], async (run) => {
      expect(await run.code).toBe(1)
      expect(run.output).toMatch(/not found|no such/i)
    }))

  it('says how it is called', () =>
    running(['nothing'], async (run) => {
      expect(await run.code).toBe(1)
      expect(run.output).toContain('pull|shell|tail|tail-team')
    }))
})
