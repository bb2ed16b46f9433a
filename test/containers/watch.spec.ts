import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Stream, Streams, WatchRecord } from '../../clients/typescript/src/streams/index.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { type Actor, runContainer, scenario, type Scenario, type Team, withName, withoutStart, withTeam } from '../support/scenario.js'
import { engineOf, rawSocket, streamsOf, until } from '../streams/support.js'

let s: Scenario
let alpha: Team
let beta: Team
let ann: Actor
let both: Actor
const open: Streams[] = []

beforeAll(async () => {
  s = await scenario()
  ;[alpha, beta] = [await s.team('alpha'), await s.team('beta')]
  ann = await s.user('ann', { alpha: 'developer' })
  both = await s.user('both', { alpha: 'developer', beta: 'viewer' })
})
afterAll(async () => {
  for (const streams of open) streams.close()
  await s?.end()
})

/** A list that keeps itself up to date, as a console would have it. */
class LiveList {
  readonly records: WatchRecord[] = []
  readonly shown = new Map<string, { name: string; team: string | null; status: string }>()

  private constructor(readonly stream: Stream<WatchRecord>) {
    void this.read().catch(() => undefined)
  }

  static async of(actor: Actor, params: { team?: string } = {}): Promise<LiveList> {
    const streams = streamsOf(actor)
    open.push(streams)
    const list = new LiveList(await streams.open('containers.watch', params))
    await until('the list to be complete', () => list.is('following'))
    return list
  }

  get names(): string[] {
    return [...this.shown.values()].map(({ name, team, status }) => `${team}/${name} ${status}`).sort()
  }

  is(state: string): boolean {
    const last = this.records.findLast((record) => record.type === 'state')
    return last?.type === 'state' && last.state === state
  }

  private async read(): Promise<void> {
    for await (const record of this.stream) {
      if (record.type === 'gap' || record.type === 'source') continue
      this.records.push(record)
      if (record.type === 'removed') this.shown.delete(record.id)
      if (record.type !== 'container') continue
      const { id, name, team, state } = record.container
      this.shown.set(id, { name, team, status: state.status })
    }
  }
}

describe('containers.watch', () => {
  it('tells what there is, then each change, to its teams alone', async () => {
    const first = await runContainer(ann, withName('first'))
    const foreign = await runContainer(s.admin, withTeam(beta.name), withName('foreign'))
    const list = await LiveList.of(ann)
    expect(list.stream.opened['teams']).toEqual([alpha.name])
    expect(list.names).toEqual([`${alpha.name}/first running`])
    const second = await runContainer(ann, withName('second'), withoutStart())
    await until('it is told', () => list.names.includes(`${alpha.name}/second created`))
    await ann.ok('POST', '/containers/second/start')
    await until('its start', () => list.names.includes(`${alpha.name}/second running`))
    await ann.ok('POST', '/containers/second/rename', { name: 'other' })
    await until('its name', () => list.names.includes(`${alpha.name}/other running`))
    await ann.http.delete(`/containers/${second.id}?force=true`).expect(204)
    await until('its end', () => !list.shown.has(second.id))
    await s.admin.http.delete(`/containers/${foreign.id}?force=true`).expect(204)
    await ann.http.delete(`/containers/${first.id}?force=true`).expect(204)
    await until('all ends', () => list.shown.size === 0)
    expect(JSON.stringify(list.records)).not.toMatch(/foreign|beta/)
  })

  it('tells each state once, however many events it made', async () => {
    const list = await LiveList.of(ann)
    const { id } = await runContainer(ann, withName('once'))
    await until('it runs', () => list.shown.get(id)?.status === 'running')
    await engineOf(s).inventory.settled()
    const told = list.records.filter((record) => record.type === 'container' && record.container.id === id)
    const states = told.map((record) => JSON.stringify(record))
    expect(new Set(states).size).toBe(states.length)
    await ann.http.delete(`/containers/${id}?force=true`).expect(204)
  })

  it('hears what happens beside the gateway', async () => {
    const { id } = await runContainer(ann, withName('beside'))
    const list = await LiveList.of(ann)
    await engineJson(bed().socketPath, 'POST', `/containers/${id}/kill`)
    await until('it has ended', () => list.shown.get(id)?.status === 'exited')
    await engineJson(bed().socketPath, 'DELETE', `/containers/${id}`)
    await until('it is gone', () => !list.shown.has(id))
  })

  it('is of one team where one is named', async () => {
    const mine = await runContainer(both, withTeam(alpha.name), withName('mine'))
    const theirs = await runContainer(s.admin, withTeam(beta.name), withName('theirs'))
    expect((await LiveList.of(both)).names).toEqual([`${alpha.name}/mine running`, `${beta.name}/theirs running`])
    expect((await LiveList.of(both, { team: beta.name })).names).toEqual([`${beta.name}/theirs running`])
    for (const { id } of [mine, theirs]) await s.admin.http.delete(`/containers/${id}?force=true`).expect(204)
  })

  it('shows a container that an administrator gives to the team, and no engine call is made for any of it', async () => {
    const lists = await Promise.all(Array.from({ length: 10 }, () => LiveList.of(ann)))
    const name = `beside-${Date.now()}`
    const { Id } = await engineJson<{ Id: string }>(bed().socketPath, 'POST', `/containers/create?name=${name}`, {
      Image: 'berth.test/busybox:1',
    })
    s.forget('containers', Id)
    await until('it is seen', () => engineOf(s).inventory.containers.get(Id)?.detail)
    using calls = new CallCount()
    await s.admin.ok('POST', '/ownership/assign', { kind: 'container', id: Id, team: alpha.name, name: 'given' })
    await until('all ten to show it', () => lists.every((list) => list.shown.get(Id)?.name === 'given'))
    expect(calls.made).toBe(0)
    await engineOf(s).containers.inspect(Id)
    expect(calls.made).toBe(1)
  })

  it('is cut when the membership ends', async () => {
    const guest = await s.user('guest', { alpha: 'viewer', beta: 'viewer' })
    using raw = await rawSocket(s.url, { token: guest.accessToken })
    const { streamId } = await raw.ask('stream:open', { kind: 'containers.watch', params: {} })
    await s.admin.http.delete(`/teams/${alpha.name}/members/${guest.userId}`).expect(204)
    await until('it is cut', () => raw.end(streamId), 2_000)
    expect(raw.end(streamId)).toMatchObject({ reason: 'revoked' })
    // with what is left it can be opened anew
    expect(await raw.ask('stream:open', { kind: 'containers.watch', params: {} })).toMatchObject({ ok: true, teams: [beta.name] })
  })

  it('says when the engine is away, keeps what it knew, and goes on by itself', async () => {
    const host = await bed().startEngine()
    try {
      await using other = await scenario({ dockerHost: host.dockerHost })
      const team = await other.admin.ok<Team>('POST', '/teams', { name: `watch-${other.suffix}` })
      const cat = await other.user('cat')
      await other.admin.ok('PUT', `/teams/${team.name}/members/${cat.userId}`, { role: 'developer' })
      const streams = streamsOf(cat)
      open.push(streams)
      const list = await LiveList.of(cat)
      await host.stop()
      await until('it says so', () => list.is('engine_unavailable'))
      await host.start()
      await until('it goes on', () => list.is('following'), 15_000)
    } finally {
      await host.purge()
    }
  })
})

/** Calls about containers that the engine gets while it lives, counted where they all go through. */
class CallCount implements Disposable {
  made = 0
  private readonly transport = (engineOf(s) as unknown as { transport: { send: (request: { path: string }) => Promise<unknown> } })
    .transport
  private readonly send = this.transport.send.bind(this.transport)

  constructor() {
    this.transport.send = (request) => {
      if (request.path.includes('/containers/')) this.made++
      return this.send(request)
    }
  }

  [Symbol.dispose](): void {
    this.transport.send = this.send
  }
}
