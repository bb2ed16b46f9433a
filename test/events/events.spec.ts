import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageWith, runBeside } from '../containers/support/engine.js'
import { run } from '../networks/support.js'
import { type Actor, runContainer, scenario, type Scenario, type Team, withCmd, withName, withSpec } from '../support/scenario.js'
import { eventsOf, here, line, until } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor
let vic: Actor
let aud: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
  aud = await s.user('aud', {}, { hostRole: 'auditor' })
})
afterAll(() => s?.end())

const has = (wanted: string) => (events: readonly { kind: string; action: string; name: string | null }[]) =>
  events.some(({ kind, action, name }) => `${kind} ${action} ${name}` === wanted)

describe('events', () => {
  it('tell the life of a container, its volumes and networks, in the words of its team', async () => {
    const from = await here(ann)
    await ann.ok('POST', '/networks', { name: 'front' })
    const { id } = await runContainer(
      ann,
      withName('web'),
      withCmd('sh', '-c', 'trap "exit 3" TERM; sleep 300 & wait'),
      withSpec({ network: 'front', mounts: [{ type: 'volume', source: 'data', target: '/data', readOnly: true }] }),
    )
    await ann.ok('POST', '/containers/web/rename', { name: 'site' })
    await ann.ok('POST', '/containers/site/stop?timeout=5')
    await ann.http.delete('/containers/site').expect(204)
    await ann.http.delete('/volumes/data').expect(204)
    await ann.http.delete('/networks/front').expect(204)
    const events = await until(ann, from, (all) => has('network destroy front')(all) && has('volume destroy data')(all))
    const about = (kind: string) => events.filter((event) => event.kind === kind).map(line)
    expect(about('container')).toEqual([
      'container create web',
      'container start web',
      'container rename site',
      'container kill site',
      'container die site',
      'container stop site',
      'container destroy site',
    ])
    // made once, although the engine says `create` again when it is mounted
    expect(about('volume')).toEqual(['volume create data', 'volume mount data', 'volume unmount data', 'volume destroy data'])
    // the engine tells a disconnect twice when it is asked for one
    expect(about('network').filter((each, at, all) => each !== all[at - 1])).toEqual([
      'network create front',
      'network connect front',
      // a rename connects anew
      'network disconnect front',
      'network connect front',
      'network disconnect front',
      'network destroy front',
    ])
    const find = (wanted: string) => events.find((event) => line(event) === wanted)
    expect(find('container create web')).toEqual({
      type: 'event',
      cursor: expect.any(String),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
      kind: 'container',
      action: 'create',
      team: alpha.name,
      id,
      name: 'web',
      image: 'berth.test/busybox:1',
    })
    expect(find('container rename site')).toMatchObject({ previousName: 'web' })
    expect(find('container kill site')).toMatchObject({ signal: '15' })
    expect(find('container die site')).toMatchObject({ exitCode: 3 })
    expect(find('volume mount data')).toMatchObject({ id: null, destination: '/data', readOnly: true, container: { id, name: 'web' } })
    expect(find('network connect front')).toMatchObject({ container: { id, name: 'web' } })
    expect(JSON.stringify(events)).not.toMatch(/--|berth\.(uid|witness|invalid)/)
  })

  it('are of the own teams alone, also of what is gone by the time of reading', async () => {
    const from = await here(s.admin)
    await runContainer(ann, withName('hers'))
    await runContainer(ben, withName('his'))
    await ann.http.delete('/containers/hers?force=true').expect(204)
    await ben.http.delete('/containers/his?force=true').expect(204)
    await until(ben, from, has('container destroy his'))
    expect((await eventsOf(ben, `?cursor=${from}&name=hers`)).items).toEqual([])
    const all = await until(s.admin, from, (events) => has('container destroy his')(events) && has('container destroy hers')(events))
    expect(new Set(all.map(({ team }) => team)).size).toBe(2)
    const own = (await eventsOf(s.admin, `?cursor=${from}&team=${alpha.name}`)).items
    expect(new Set(own.map(({ team }) => team))).toEqual(new Set([alpha.name]))
    const foreign = await ben.fails('GET', `/system/events?team=${alpha.name}`)
    const missing = await ben.fails('GET', `/system/events?team=none-${randomUUID().slice(0, 8)}`)
    expect({ ...foreign, requestId: '' }).toEqual({ ...missing, requestId: '' })
  })

  it('of what belongs to no team are for administrators and auditors, when they ask for it', async () => {
    const from = await here(s.admin)
    const { name } = await runBeside(s)
    await until(s.admin, from, has(`container start ${name}`), '&unowned=true')
    expect((await eventsOf(aud, `?cursor=${from}&unowned=true&name=${name}`)).items[0]).toMatchObject({ team: null, name })
    expect((await eventsOf(s.admin, `?cursor=${from}&name=${name}`)).items).toEqual([])
    expect((await eventsOf(ann, `?cursor=${from}&name=${name}`)).items).toEqual([])
    expect(await ann.fails('GET', '/system/events?unowned=true')).toMatchObject({
      code: 'permission_denied',
      detail: expect.stringContaining('unowned.read'),
    })
  })

  it('have the command lines of execs for those who may read values', async () => {
    const from = await here(ann)
    const { id } = await runContainer(ann, withName('shell'))
    await run(s, id, 'sh', '-c', 'echo password=hunter2')
    const mine = await until(ann, from, has('container exec_die shell'))
    expect(mine.find(({ action }) => action === 'exec_create')).toMatchObject({ command: 'sh -c echo password=hunter2' })
    expect(mine.find(({ action }) => action === 'exec_start')).toMatchObject({ command: 'sh -c echo password=hunter2' })
    expect(mine.find(({ action }) => action === 'exec_die')).toMatchObject({ exitCode: 0, exec: expect.stringMatching(/^[0-9a-f]{64}$/) })
    for (const reader of [vic, aud]) {
      const { items } = await eventsOf(reader, `?cursor=${from}&name=shell`)
      expect(items.filter(({ action }) => action.startsWith('exec_')).map(({ command }) => command)).toEqual([null, null, undefined])
      expect(JSON.stringify(items)).not.toContain('hunter2')
    }
    const token = await s.token(ann, ['events.read'])
    expect(JSON.stringify((await eventsOf(token, `?cursor=${from}`)).items)).not.toContain('hunter2')
  })

  it('tell health, and not each probe', async () => {
    const from = await here(ann)
    const image = await imageWith(s, alpha, {
      Healthcheck: { Test: ['CMD-SHELL', 'test -e /ok'], Interval: 1e9, Timeout: 1e9, Retries: 1 },
    })
    const { id } = await runContainer(ann, withName('sick'), withSpec({ image }))
    await until(ann, from, (events) => events.some(({ health }) => health === 'unhealthy'))
    await run(s, id, 'touch', '/ok')
    const events = await until(ann, from, (all) => all.some(({ health }) => health === 'healthy'))
    expect(events.filter(({ action }) => action === 'exec_create').map(({ command }) => command)).toEqual(['touch /ok'])
    await ann.http.delete('/containers/sick?force=true').expect(204)
    await until(ann, from, has('container destroy sick'))
  })

  it('of images are of references of the team', async () => {
    const from = await here(ann)
    await ann.ok('POST', '/images/tag', { source: 'berth.test/busybox:1', target: 'mine:1' })
    await ann.ok('DELETE', '/images/mine%3A1')
    const events = await until(ann, from, has('image untag mine:1'))
    expect(events.map(line)).toEqual(['image tag mine:1', 'image untag mine:1'])
    expect((await eventsOf(ben, `?cursor=${from}`)).items).toEqual([])
    expect(JSON.stringify((await eventsOf(s.admin, `?cursor=${from}&unowned=true`)).items)).not.toContain('berth.invalid')
  })

  it('are found by kind, action, name and time, page by page', async () => {
    const from = await here(ann)
    for (const name of ['one', 'two']) await ann.ok('POST', '/volumes', { name })
    await until(ann, from, has('volume create two'))
    // nothing that shows in ann's pages
    await ben.ok('POST', '/volumes', { name: 'two' })
    await until(ben, from, has('volume create two'))
    const lines = async (query: string) => (await eventsOf(ann, `?cursor=${from}${query}`)).items.map(line)
    expect(await lines('&kind=volume')).toEqual(['volume create one', 'volume create two'])
    expect(await lines('&kind=container&kind=network')).toEqual([])
    expect(await lines('&action=create&name=two')).toEqual(['volume create two'])
    expect(await lines('&action=destroy')).toEqual([])
    const first = await eventsOf(ann, `?cursor=${from}&limit=1`)
    expect(first.items.map(line)).toEqual(['volume create one'])
    const second = await eventsOf(ann, `?limit=1&cursor=${first.nextCursor}`)
    expect(second.items.map(line)).toEqual(['volume create two'])
    expect(second.nextCursor).toBeNull()
    const { time } = second.items[0]!
    expect((await eventsOf(ann, `?since=${time}&kind=volume`)).items.map(line)).toEqual(['volume create two'])
    expect((await eventsOf(ann, `?until=${time}&kind=volume&limit=1000`)).items.at(-1)).toMatchObject({ name: 'one' })
    for (const name of ['one', 'two']) await ann.http.delete(`/volumes/${name}`).expect(204)
    await ben.http.delete('/volumes/two').expect(204)
  })

  it.each([
    ['since=yesterday', '/query/since'],
    ['since=2026-13-01T00:00:00Z', '/query/since'],
    ['until=1e9', '/query/until'],
    ['kind=planet', '/query/kind'],
    ['cursor=x', '/query/cursor'],
    [`cursor=${Buffer.from('999999999').toString('base64url')}`, '/query/cursor'],
    ['limit=0', '/query/limit'],
    ['follow=perhaps', '/query/follow'],
    ['filter=x', '/query/filter'],
  ])('are not read with %s', async (query, pointer) => {
    expect(await ann.fails('GET', `/system/events?${query}`)).toMatchObject({ status: 400, errors: [{ pointer }] })
  })
})
