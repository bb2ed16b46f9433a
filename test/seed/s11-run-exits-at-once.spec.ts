/**
 * S11. The course: `docker run -d ubuntu` prints an id, and `docker ps` shows nothing: the container has ended at once. Why? Here
 * every container that does not run says so itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BASE_IMAGE,
  runContainer,
  scenario,
  type Actor,
  type Scenario,
  withCmd,
  withName,
  withSpec,
  withTty,
  withOpenStdin,
} from '../support/scenario.js'
import { eventually } from './support.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())

interface Container {
  readonly name: string
  readonly state: {
    readonly status: string
    readonly running: boolean
    readonly exitCode: number | null
    readonly oomKilled: boolean
    readonly explanation?: string
  }
}

const running = async () => (await ann.ok<{ items: Container[] }>('GET', '/containers')).items.map(({ name }) => name)
const ended = (name: string) =>
  eventually(async () => {
    const { state } = await ann.ok<Container>('GET', `/containers/${name}`)
    expect(state.status).toBe('exited')
    return state
  })

describe('s11: the container has ended at once, and says why', () => {
  it('its shell had nobody to talk to', async () => {
    // docker run -d --name u1 busybox sh
    await runContainer(ann, withName('u1'), withCmd('sh'))
    const state = await ended('u1')
    expect(await running()).toEqual([])
    expect(state).toMatchObject({ running: false, exitCode: 0, explanation: expect.stringContaining('tty and openStdin') })
    // docker run -dit: the advice helps
    await runContainer(ann, withName('u2'), withCmd('sh'), withTty(), withOpenStdin())
    expect(await running()).toEqual(['u2'])
    expect((await ann.ok<Container>('GET', '/containers/u2')).state.explanation).toBeUndefined()
  })

  it.each<[string, string[], number, string]>([
    ['its work was done', ['true'], 0, 'runs as long as a process stays in the foreground'],
    ['it went into the background', ['sh', '-c', 'sleep 100 &'], 0, 'foreground'],
    ['it failed', ['sh', '-c', 'exit 3'], 3, 'failed with code 3; its logs may say why'],
    ['what starts its program failed', ['sh', '-c', 'exit 125'], 125, 'code 125'],
    ['its program may not be executed', ['sh', '-c', '/etc/passwd'], 126, 'may not be executed'],
    ['its program does not exist', ['sh', '-c', 'no-such-program'], 127, 'not found'],
    ['a process of it crashed', ['sh', '-c', `sh -c 'kill -SEGV $$'; exit $?`], 139, 'SIGSEGV'],
    ['its code is no signal', ['sh', '-c', 'exit 255'], 255, 'failed with code 255'],
  ])('%s', async (why, command, exitCode, text) => {
    const name = `c${exitCode}-${why.length}`
    await runContainer(ann, withName(name), withCmd(...command))
    expect(await ended(name)).toMatchObject({ exitCode, explanation: expect.stringContaining(text) })
  })

  it('somebody stopped it, or killed it', async () => {
    await runContainer(ann, withName('stopped'), withCmd('sleep', '300'))
    await ann.ok('POST', '/containers/stopped/stop?timeout=0')
    expect(await ended('stopped')).toMatchObject({ exitCode: 137, explanation: expect.stringContaining('SIGKILL') })
    await runContainer(ann, withName('termed'), withCmd('sh', '-c', 'trap - TERM; sleep 300'))
    await ann.ok('POST', '/containers/termed/kill?signal=TERM')
    await ann.ok('POST', '/containers/termed/kill?signal=KILL').catch(() => undefined)
    expect((await ended('termed')).explanation).toMatch(/SIGTERM|SIGKILL/)
  })

  it('there was not as much memory as it wanted', async () => {
    await runContainer(ann, withName('greedy'), withCmd('tail', '/dev/zero'), withSpec({ resources: { memory: 16_777_216 } }))
    expect(await ended('greedy')).toMatchObject({ oomKilled: true, explanation: expect.stringContaining('resources.memory') })
  })

  it('its program was not there to be started at all', async () => {
    const spec = { image: BASE_IMAGE, command: ['no-such-program'] }
    // run: nothing is left behind
    expect(await ann.fails('POST', '/containers?start=true', { ...spec, name: 'gone' })).toMatchObject({
      code: 'start_failed',
      detail: expect.stringContaining('command not found'),
    })
    expect(await ann.fails('GET', '/containers/gone')).toMatchObject({ code: 'not_found' })
    // create, then start: it stays, and remembers
    await ann.ok('POST', '/containers', { ...spec, name: 'kept' })
    expect(await ann.fails('POST', '/containers/kept/start')).toMatchObject({ code: 'start_failed' })
    const { state } = await ann.ok<Container>('GET', '/containers/kept')
    expect(state).toMatchObject({ status: 'created', explanation: 'it could not be started: command not found' })
  })
})
