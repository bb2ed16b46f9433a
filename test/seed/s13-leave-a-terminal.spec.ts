/**
 * S13. The course: `docker run -it ubuntu /bin/bash`; `exit` stops the container, ctrl-p ctrl-q leaves it running.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Streams } from '../../clients/typescript/src/streams/index.js'
import { Screen } from '../streams/screen.js'
import { streamsOf, until } from '../streams/support.js'
import {
  type Actor,
  runContainer,
  type Scenario,
  scenario,
  withCmd,
  withName,
  withOpenStdin,
  withoutStart,
  withTty,
} from '../support/scenario.js'

let s: Scenario
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  streams = streamsOf(ann)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

interface Details {
  readonly state: { readonly status: string; readonly exitCode: number | null }
}

/** `docker run -it --name … sh`: made, attached to, and only then started, so that the first prompt is seen. */
async function runInteractive(name: string): Promise<Screen> {
  await runContainer(ann, withName(name), withCmd('sh'), withTty(), withOpenStdin(), withoutStart())
  const screen = new Screen(await streams.attach({ container: name, beforeStart: true, rows: 24, cols: 80 }))
  await ann.ok('POST', `/containers/${name}/start`)
  await screen.shows(/[#$] /)
  return screen
}

const state = async (name: string) => (await ann.ok<Details>('GET', `/containers/${name}`)).state

describe('s13: two ways out of a terminal', () => {
  it('exit stops the container', async () => {
    const screen = await runInteractive('u1')
    await screen.type('echo hello from $((40+2))')
    await screen.shows('hello from 42')
    await screen.type('exit')
    expect(await screen.terminal.ended).toMatchObject({ reason: 'container_exited', exitCode: 0 })
    await until('it has stopped', async () => (await state('u1')).status === 'exited')
    expect((await state('u1')).exitCode).toBe(0)
    const { items } = await ann.ok<{ items: { name: string }[] }>('GET', '/containers')
    expect(items.map(({ name }) => name)).not.toContain('u1')
  })

  it('ctrl-p ctrl-q leaves it running, as it was', async () => {
    const screen = await runInteractive('u2')
    await screen.type('cd /tmp; touch left-here')
    await screen.shows('touch left-here')
    await screen.terminal.write('\x10\x11')
    expect(await screen.terminal.ended).toMatchObject({ reason: 'detached' })
    expect((await state('u2')).status).toBe('running')

    const again = new Screen(await streams.attach({ container: 'u2', rows: 24, cols: 80 }))
    await again.type('echo I am in $(pwd) with $(ls)')
    await again.shows('I am in /tmp with left-here')
    await again.type('exit 7')
    expect(await again.terminal.ended).toMatchObject({ reason: 'container_exited', exitCode: 7 })
  })
})
