/**
 * S15. The course: `docker attach u1`, the terminal of the main process. Here several people watch one session.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Streams } from '../../clients/typescript/src/streams/index.js'
import { Screen } from '../streams/screen.js'
import { streamsOf } from '../streams/support.js'
import { type Actor, runContainer, type Scenario, scenario, withCmd, withName, withOpenStdin, withTty } from '../support/scenario.js'

let s: Scenario
const people = new Map<string, { actor: Actor; streams: Streams }>()

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  for (const name of ['ann', 'bob', 'cid']) {
    const actor = await s.user(name, { course: 'developer' })
    people.set(name, { actor, streams: streamsOf(actor) })
  }
  await runContainer(ann().actor, withName('u1'), withCmd('sh'), withTty(), withOpenStdin())
})
afterAll(async () => {
  for (const { streams } of people.values()) streams.close()
  await s?.end()
})

const ann = () => people.get('ann')!
const bob = () => people.get('bob')!
const cid = () => people.get('cid')!

interface Sessions {
  items: { id: string; kind: string; container: { name: string }; owner: string; participants: { username: string; role: string }[] }[]
}

describe('s15: the terminal of the main process', () => {
  it('is watched by several people, one of whom types along', async () => {
    const owner = new Screen(await ann().streams.attach({ container: 'u1', rows: 24, cols: 80 }))
    await owner.type('echo ann was here')
    await owner.shows(/\r\nann was here/)

    // bob finds the session in the list, and watches it
    const { items } = await bob().actor.ok<Sessions>('GET', '/terminal-sessions')
    const found = items.find(({ container }) => container.name === 'u1')!
    expect(found).toMatchObject({ kind: 'attach', owner: ann().actor.username })
    const watcher = new Screen(await bob().streams.attach({ session: found.id }))
    await watcher.shows('ann was here')
    await expect(watcher.type('echo bob')).rejects.toMatchObject({ code: 'terminal_watch_only' })

    // cid types in it
    const peer = new Screen(await cid().streams.attach({ session: found.id, role: 'peer' }))
    await peer.type('echo $((40+2)) from cid')
    for (const screen of [owner, watcher, peer]) await screen.shows('42 from cid')

    const now = await ann().actor.ok<Sessions>('GET', '/terminal-sessions')
    expect(now.items[0]!.participants.map(({ role }) => role)).toEqual(['owner', 'observer', 'peer'])

    // ann leaves it running, the others stay
    await owner.terminal.write('\x10\x11')
    expect(await owner.terminal.ended).toMatchObject({ reason: 'detached' })
    await peer.type('echo still $((1+1)) of us')
    for (const screen of [watcher, peer]) await screen.shows('still 2 of us')

    // and who types exit stops the container for all
    await peer.type('exit')
    for (const screen of [watcher, peer]) expect(await screen.terminal.ended).toMatchObject({ reason: 'container_exited', exitCode: 0 })
  })
})
