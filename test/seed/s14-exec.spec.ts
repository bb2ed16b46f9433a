/**
 * S14. The course: `docker exec -it u1 /bin/bash`; exit leaves the container running. Here the connection is lost as well,
 * and the shell is still there.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Streams } from '../../clients/typescript/src/streams/index.js'
import { Screen } from '../streams/screen.js'
import { streamsOf } from '../streams/support.js'
import { type Actor, runContainer, type Scenario, scenario, withCmd, withName } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  streams = streamsOf(ann)
  await runContainer(ann, withName('u1'), withCmd('sleep', '600'))
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

const shell = (of: Streams) => of.exec({ container: 'u1', command: ['sh'], tty: true, rows: 24, cols: 80 })
const isRunning = async () => (await ann.ok<{ state: { running: boolean } }>('GET', '/containers/u1')).state.running

describe('s14: a shell in a running container', () => {
  it('takes input and a size, gives its exit code, and leaves the container running', async () => {
    const screen = new Screen(await shell(streams))
    await screen.type('echo $((6*7)) > /tmp/answer; cat /tmp/answer')
    await screen.shows(/\r\n42\r\n/)
    await screen.terminal.resize({ rows: 50, cols: 132 })
    await screen.type('stty size')
    await screen.shows('50 132')
    await screen.type('exit 3')
    expect(await screen.terminal.ended).toMatchObject({ reason: 'exited', exitCode: 3 })
    expect(await isRunning()).toBe(true)
  })

  it('runs one command without a terminal, with its outputs apart', async () => {
    const screen = new Screen(await streams.exec({ container: 'u1', command: ['sh', '-c', 'cat /tmp/answer; ls /nowhere'] }))
    expect(await screen.terminal.ended).toMatchObject({ reason: 'exited', exitCode: 1 })
    await screen.done
    expect(screen.text).toBe('42\n')
    expect(screen.errors).toContain('/nowhere')
  })

  it('is still there after the connection was lost, with everything that was said meanwhile', async () => {
    const laptop = streamsOf(ann)
    const exec = await shell(laptop)
    const before = new Screen(exec)
    await before.type('cd /tmp; (sleep 1; echo said while you were away) &')
    await before.shows('/tmp # ')
    const { session } = exec
    // the lid is closed
    laptop.close()
    await new Promise((done) => setTimeout(done, 1_500))

    const back = await streams.exec({ session, cursor: exec.cursor })
    expect(back.opened).toMatchObject({ role: 'owner', session, cursor: exec.cursor })
    const after = new Screen(back)
    await after.shows('said while you were away')
    await back.write('pwd; exit\n')
    await after.shows('/tmp')
    expect(await back.ended).toMatchObject({ reason: 'exited' })
    expect(await isRunning()).toBe(true)
  })
})
