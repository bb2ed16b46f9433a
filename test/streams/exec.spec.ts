import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExecEnd } from '../../src/containers/terminals/exec-end.js'
import type { ExecStream, Streams } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { engineOf, ownedContainer, type Owned, rawSocket, runs, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams
let box: Owned

beforeAll(async () => {
  // execs of clients that are gone are ended after the grace time
  s = await scenario({ env: { BERTH_TERMINAL_GRACE: '1' } })
  team = await s.team('exec')
  ann = await s.user('ann', { exec: 'developer' })
  streams = streamsOf(ann)
  box = await ownedContainer(s, team)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

async function outputOf(exec: ExecStream): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number | null }> {
  const parts: Record<string, Uint8Array[]> = { stdout: [], stderr: [] }
  for await (const frame of exec) if ('data' in frame) parts[frame.stream]!.push(frame.data)
  return { stdout: Buffer.concat(parts['stdout']!), stderr: Buffer.concat(parts['stderr']!), exitCode: await exec.exit }
}

const run = async (params: object) => outputOf(await streams.exec({ container: box.name, ...params } as never))

describe('container.exec', () => {
  it('gives both outputs apart and the exit code', async () => {
    const { stdout, stderr, exitCode } = await run({ command: ['sh', '-c', 'echo out; echo err >&2; exit 7'] })
    expect([stdout.toString(), stderr.toString(), exitCode]).toEqual(['out\n', 'err\n', 7])
  })

  it('passes half-close on', async () => {
    const exec = await streams.exec({ container: box.id, command: ['wc', '-c'] })
    await exec.write('x'.repeat(700_000))
    await exec.end('yz')
    expect((await outputOf(exec)).stdout.toString().trim()).toBe('700002')
  })

  it('keeps every byte in both directions', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256))
    const exec = await streams.exec({ container: box.id, command: ['cat'] })
    const output = outputOf(exec)
    await exec.end(bytes)
    expect((await output).stdout.equals(bytes)).toBe(true)
  })

  it('has a terminal that echoes and takes its size', async () => {
    const exec = await streams.exec({ container: box.id, command: ['sh'], tty: true, rows: 33, cols: 101 })
    let screen = ''
    const reading = (async () => {
      for await (const frame of exec) if ('data' in frame) screen += Buffer.from(frame.data).toString()
    })()
    await exec.write('stty size; echo A\n')
    await until('the first size', () => screen.includes('33 101'))
    expect(screen).toContain('echo A')
    await exec.resize({ rows: 44, cols: 122 })
    await exec.write('stty size; exit 3\n')
    await reading
    expect(screen).toContain('44 122')
    expect(await exec.exit).toBe(3)
  })

  // most of them had ended before the terminal got its size, and were answered 404 or 502
  it.each([['true'], ['echo', 'hi'], ['sh', '-c', 'sleep 0.02; echo hi; exit 4']])(
    'gives all of a short command that has a size: %s',
    async (...command) => {
      for (let n = 0; n < 15; n++) {
        const { stdout, exitCode } = await run({ command, tty: true, rows: 24, cols: 80 })
        expect([stdout.toString(), exitCode]).toEqual([command.length > 1 ? 'hi\r\n' : '', command.length > 2 ? 4 : 0])
      }
    },
  )

  it('takes env, user and working directory', async () => {
    const { stdout } = await run({
      command: ['sh', '-c', 'echo $GREETING $(id -u) $(pwd)'],
      env: { GREETING: 'hello' },
      user: '1000:1000',
      workingDir: '/tmp',
    })
    expect(stdout.toString()).toBe('hello 1000 /tmp\n')
  })

  it.each([
    [{ command: ['nope'] }, 'command not found'],
    [{ command: ['/etc'] }, 'the command may not be executed'],
    [{ command: ['true'], user: 'nobodyatall' }, 'the user or group does not exist in the container'],
    [{ command: ['true'], workingDir: '/etc/passwd' }, 'the working directory can not be used'],
  ])('says why %j did not start, and nothing of the engine', async (params, reason) => {
    await expect(streams.exec({ container: box.id, ...params })).rejects.toMatchObject({
      code: 'exec_failed',
      message: `the command could not be started: ${reason}`,
    })
  })

  it.each([
    ['no command', {}, '/params/command'],
    ['an empty command', { command: [] }, '/params/command'],
    ['a command that is a text', { command: 'ls' }, '/params/command'],
    ['an empty program', { command: [''] }, '/params/command'],
    ['a NUL', { command: ['a\0b'] }, '/params/command'],
    ['a command of 140 KB', { command: ['x'.repeat(140_000)] }, '/params/command'],
    ['privileged', { command: ['ls'], privileged: true }, '/params/privileged'],
    ['a relative directory', { command: ['ls'], workingDir: 'relative' }, '/params/workingDir'],
    ['a directory in /proc', { command: ['ls'], workingDir: '/proc/self' }, '/params/workingDir'],
    ['a way around to /sys', { command: ['ls'], workingDir: '//tmp/../sys' }, '/params/workingDir'],
    ['a user of three parts', { command: ['ls'], user: 'a:b:c' }, '/params/user'],
    ['a name with an equals sign', { command: ['ls'], env: { 'A=B': 'c' } }, '/params/env'],
    ['env as a list', { command: ['ls'], env: ['A=B'] }, '/params/env'],
    ['no rows', { command: ['ls'], rows: 0 }, '/params/rows'],
    ['half a column', { command: ['ls'], cols: 1.5 }, '/params/cols'],
  ])('refuses %s', async (_, params, pointer) => {
    await expect(streams.exec({ container: box.id, ...params } as never)).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer }],
    })
  })

  it('is refused for a container that does not run or is paused', async () => {
    const still = await ownedContainer(s, team, {}, { start: false })
    await expect(streams.exec({ container: still.id, command: ['true'] })).rejects.toMatchObject({ code: 'container_not_running' })
    const paused = await ownedContainer(s, team)
    await engineOf(s).containers.pause(paused.id)
    await expect(streams.exec({ container: paused.id, command: ['true'] })).rejects.toMatchObject({ code: 'container_paused' })
    await engineOf(s).containers.unpause(paused.id)
  })
})

describe.each([
  ['by the host', '/proc'],
  ['from inside the container', '/nowhere'],
])('an exec is ended %s', (_, procfs) => {
  beforeAll(() => void (s.gateway.app.get(ExecEnd, { strict: false }).procfs = procfs))

  it.each([
    ['without a terminal', { tty: false }],
    ['with a terminal', { tty: true }],
    ['of another user', { tty: false, user: '1000' }],
  ])('when its client is gone, %s', async (_name, extra) => {
    const mark = String(Math.floor(1e8 + Math.random() * 8e8))
    const raw = await rawSocket(s.url, { token: ann.accessToken })
    const ack = await raw.ask('stream:open', {
      kind: 'container.exec',
      params: { container: box.id, command: ['sh', '-c', `trap '' HUP; sleep ${mark} & sleep ${mark}; true`], ...extra },
    })
    expect(ack.ok).toBe(true)
    await until('it runs', () => runs(s, box.id, mark))
    raw.socket.disconnect()
    await until('it is gone', async () => !(await runs(s, box.id, mark)), 5_000)
  })

  it('when it is closed, before the close is answered', async () => {
    const exec = await streams.exec({ container: box.id, command: ['sleep', '4242'] })
    await exec.close()
    expect(await exec.ended).toMatchObject({ reason: 'closed' })
    expect(await runs(s, box.id, '4242')).toBe(false)
  })
})
