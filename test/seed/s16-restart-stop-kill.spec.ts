/**
 * S16. The course: `docker restart`, `stop`, `kill`; with them start, pause, unpause, wait and rename. Each says the new state.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runContainer, scenario, type Actor, type Scenario, withCmd, withName } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  vic = await s.user('vic', { course: 'viewer' })
})
afterAll(() => s?.end())
beforeEach(async () => {
  await s.sweep()
  // it takes a moment to end, and says how it was asked to
  await runContainer(ann, withName('u1'), withCmd('sh', '-c', 'trap "exit 15" TERM; trap "exit 10" USR1; while :; do sleep 0.1; done'))
})

interface Container {
  readonly name: string
  readonly state: { readonly status: string; readonly exitCode: number | null; readonly startedAt: string; readonly explanation?: string }
}

const act = (what: string) => ann.ok<Container>('POST', `/containers/u1/${what}`)

describe('s16: a container is stopped and started', () => {
  it('docker stop asks first, docker start begins anew', async () => {
    expect((await act('stop?timeout=10')).state).toMatchObject({ status: 'exited', exitCode: 15 })
    // once more changes nothing
    expect((await act('stop')).state).toMatchObject({ status: 'exited', exitCode: 15 })
    expect((await act('start')).state).toMatchObject({ status: 'running', exitCode: null })
    expect((await act('start')).state.status).toBe('running')
  })

  it('docker stop -t 0 does not wait', async () => {
    // it does not listen to what it is asked
    await runContainer(ann, withName('u2'), withCmd('sleep', '300'))
    expect((await ann.ok<Container>('POST', '/containers/u2/stop?timeout=0')).state).toMatchObject({
      status: 'exited',
      exitCode: 137,
      explanation: expect.stringContaining('it was ended by SIGKILL'),
    })
  })

  it('docker restart: the same container, a new start', async () => {
    const before = await ann.ok<Container & { id: string }>('GET', '/containers/u1')
    const after = await ann.ok<Container & { id: string }>('POST', '/containers/u1/restart?timeout=10')
    expect(after).toMatchObject({ id: before.id, state: { status: 'running' } })
    expect(after.state.startedAt > before.state.startedAt).toBe(true)
  })

  it('docker kill ends it, docker kill -s sends what it is told', async () => {
    expect((await act('kill?signal=USR1')).name).toBe('u1')
    expect(await ann.ok('POST', '/containers/u1/wait')).toEqual({ exitCode: 10 })
    await act('start')
    expect((await act('kill')).state).toMatchObject({ status: 'exited', exitCode: 137 })
    expect(await ann.fails('POST', '/containers/u1/kill')).toMatchObject({ code: 'container_not_running', hint: 'start it first' })
    expect(await ann.fails('POST', '/containers/u1/kill?signal=SIGNONSENSE')).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/query/signal' }],
    })
  })

  it('docker pause freezes it, docker unpause lets it go on', async () => {
    expect((await act('pause')).state.status).toBe('paused')
    expect(await ann.fails('POST', '/containers/u1/pause')).toMatchObject({ code: 'container_paused', hint: 'unpause it first' })
    expect((await act('unpause')).state.status).toBe('running')
    expect(await ann.fails('POST', '/containers/u1/unpause')).toMatchObject({ code: 'conflict' })
  })

  it('docker wait answers when it has ended, with its code', async () => {
    const answer = await fetch(`${s.url}/api/v1/containers/u1/wait`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.accessToken}` },
    })
    // the head is here, the container runs
    expect(answer.status).toBe(200)
    await act('stop?timeout=10')
    expect(await answer.json()).toEqual({ exitCode: 15 })
  })

  it('docker rename gives it another name, and the old one is free', async () => {
    expect(await ann.ok<Container>('POST', '/containers/u1/rename', { name: 'web' })).toMatchObject({ name: 'web' })
    expect(await ann.fails('GET', '/containers/u1')).toMatchObject({ code: 'not_found' })
    await runContainer(ann, withName('u1'))
    expect(await ann.fails('POST', '/containers/web/rename', { name: 'u1' })).toMatchObject({ code: 'name_in_use' })
  })

  it('who only looks does none of it', async () => {
    for (const what of ['stop', 'start', 'restart', 'kill', 'pause', 'unpause'])
      expect(await vic.fails('POST', `/containers/u1/${what}`)).toMatchObject({
        code: 'permission_denied',
        detail: expect.stringContaining('containers.operate'),
      })
    expect((await ann.ok<Container>('GET', '/containers/u1')).state.status).toBe('running')
  })
})
