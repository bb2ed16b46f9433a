import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExecStream, Streams } from '../../clients/typescript/src/streams/index.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { engineOf, ownedContainer, streamsOf, until } from './support.js'

let s: Scenario
let team: Team
let ann: Actor
let streams: Streams

beforeAll(async () => {
  s = await scenario()
  team = await s.team('attach')
  ann = await s.user('ann', { attach: 'developer' })
  streams = streamsOf(ann)
})
afterAll(async () => {
  streams?.close()
  await s?.end()
})

const SHELL = { Cmd: ['sh'], Tty: true, OpenStdin: true, HostConfig: {} }
const CAT = { Cmd: ['cat'], OpenStdin: true, StdinOnce: true, HostConfig: {} }

/** Reads on in the background; `screen` is all that came. */
function watch(stream: ExecStream) {
  const seen = { screen: '', stderr: '', done: Promise.resolve() }
  seen.done = (async () => {
    for await (const frame of stream)
      if ('data' in frame) seen[frame.stream === 'stdout' ? 'screen' : 'stderr'] += Buffer.from(frame.data).toString()
  })()
  return seen
}

async function status(id: string): Promise<string> {
  return (await engineOf(s).containers.inspect(id)).State.Status
}

describe('a terminal', () => {
  it('goes on when it is left by ctrl-p ctrl-q, and can be come back to', async () => {
    const box = await ownedContainer(s, team, SHELL)
    const one = await streams.attach({ container: box.name, rows: 24, cols: 80 })
    expect(one.opened).toMatchObject({ containerId: box.id, tty: true, stdin: true })
    const seen = watch(one)
    await one.write('MARK=kept; echo $((6*7))\n')
    await until('the answer', () => seen.screen.includes('42'))
    await one.write('\x10')
    await one.write('\x11')
    expect(await one.ended).toMatchObject({ reason: 'detached' })
    expect(await status(box.id)).toBe('running')

    const two = await streams.attach({ container: box.name })
    const again = watch(two)
    await two.write('echo still $MARK\n')
    await until('the same shell', () => again.screen.includes('still kept'))
    await two.write('exit 5\n')
    expect(await two.ended).toMatchObject({ reason: 'container_exited', exitCode: 5 })
    await until('it has stopped', async () => (await status(box.id)) === 'exited')
  })

  it('takes other keys, and then ctrl-p ctrl-q is input', async () => {
    const box = await ownedContainer(s, team, {
      ...SHELL,
      Cmd: ['sh', '-c', 'stty raw -echo; echo ready; dd bs=1 count=4 2>/dev/null | od -An -tx1; sleep 60'],
    })
    const attached = await streams.attach({ container: box.id, detachKeys: 'ctrl-a,d' })
    const seen = watch(attached)
    await attached.write('x')
    await attached.write('\x10\x11\x01')
    await attached.write('y')
    await until('all four bytes', () => /78\s+10\s+11\s+01/.test(seen.screen), 20_000)
    await attached.write('\x01d')
    expect(await attached.ended).toMatchObject({ reason: 'detached' })
    expect(await status(box.id)).toBe('running')
  })

  it('has the size that it is given', async () => {
    const box = await ownedContainer(s, team, SHELL)
    const attached = await streams.attach({ container: box.id, rows: 31, cols: 99 })
    const seen = watch(attached)
    await attached.write('stty size\n')
    await until('the first size', () => seen.screen.includes('31 99'))
    await attached.resize({ rows: 40, cols: 120 })
    await attached.write('stty size\n')
    await until('the second size', () => seen.screen.includes('40 120'))
    await attached.close()
    expect(await status(box.id)).toBe('running')
  })
})

describe('a process without a terminal', () => {
  it('has both outputs apart, reads input to its end, and ends the stream', async () => {
    const box = await ownedContainer(s, team, { ...CAT, Cmd: ['sh', '-c', 'cat; echo gone >&2; exit 3'] }, { start: false })
    const attached = await streams.attach({ container: box.id, beforeStart: true })
    expect(attached.opened).toMatchObject({ tty: false, stdin: true })
    const seen = watch(attached)
    await engineOf(s).containers.start(box.id)
    await attached.write('\x10\x11')
    await attached.end('last words')
    expect(await attached.ended).toMatchObject({ reason: 'container_exited', exitCode: 3 })
    await seen.done
    expect([seen.screen, seen.stderr]).toEqual(['\x10\x11last words', 'gone\n'])
  })

  it('misses nothing when it is attached to before the start', async () => {
    const box = await ownedContainer(s, team, { Cmd: ['seq', '1', '20000'], HostConfig: { AutoRemove: true } }, { start: false })
    const attached = await streams.attach({ container: box.id, beforeStart: true })
    const seen = watch(attached)
    await engineOf(s).containers.start(box.id)
    expect(await attached.ended).toMatchObject({ reason: 'container_exited', exitCode: 0 })
    await seen.done
    expect(seen.screen).toBe(Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(''))
  })

  it('takes no input where the container was made without', async () => {
    const box = await ownedContainer(s, team)
    const attached = await streams.attach({ container: box.id })
    await expect(attached.write('x')).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(attached.resize({ rows: 1, cols: 1 })).rejects.toMatchObject({ code: 'invalid_request' })
    await attached.close()
  })
})

it.each([
  ['one that does not run', { start: false }, 'container_not_running'],
  ['one that is paused', { start: true }, 'container_paused'],
])('is refused for %s', async (_, { start }, code) => {
  const box = await ownedContainer(s, team, SHELL, { start })
  if (start) await engineOf(s).containers.pause(box.id)
  await expect(streams.attach({ container: box.id })).rejects.toMatchObject({ code })
  if (start) await engineOf(s).containers.unpause(box.id)
})

it.each([
  ['keys that are none', { detachKeys: 'ctrl-pp' }, '/params/detachKeys'],
  ['no keys', { detachKeys: '' }, '/params/detachKeys'],
  ['a command', { command: ['sh'] }, '/params/command'],
])('refuses %s', async (_, extra, pointer) => {
  await expect(streams.attach({ container: 'x', ...extra })).rejects.toMatchObject({ code: 'invalid_request', errors: [{ pointer }] })
})
