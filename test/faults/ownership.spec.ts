import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASE_IMAGE, bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { until } from '../support/private-host.js'
import { type Actor, runContainer, scenario, type Scenario, type Team, withName } from '../support/scenario.js'

interface Unowned {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly quarantined: boolean
}

let s: Scenario
let team: Team
let ann: Actor
const engine = <T>(method: string, path: string, body?: unknown) => engineJson<T>(bed().socketPath, method, path, body)

beforeAll(async () => {
  s = await scenario()
  team = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'maintainer' })
})

afterAll(async () => {
  // first, or it mends the tags that the sweep removes
  await s?.gateway.halt()
  await s?.end()
})

const names = async (actor = ann) =>
  (await actor.ok<{ items: { name: string }[] }>('GET', '/containers?all=true')).items.map(({ name }) => name)
const unowned = async () => (await s.admin.ok<{ items: Unowned[] }>('GET', '/unowned?limit=1000')).items

/** A container that nobody asked the gateway for. */
async function madeBeside(name: string, labels: Record<string, string> = {}): Promise<string> {
  const { Id } = await engine<{ Id: string }>('POST', `/containers/create?name=${name}`, {
    Image: BASE_IMAGE,
    Cmd: ['sleep', '60'],
    Labels: labels,
  })
  s.forget('containers', Id)
  await until('the container to be seen', 5_000, async () => (await unowned()).some(({ id }) => id === Id))
  return Id
}

describe('a container that is removed beside the gateway', () => {
  it('leaves the lists, is not found, and its name is free again', async () => {
    const web = await runContainer(ann, withName('web'))
    await engine('DELETE', `/containers/${web.id}?force=true`)
    await until('the list without it', 5_000, async () => !(await names()).includes('web'))
    expect((await ann.fails('GET', `/containers/${web.id}`)).code).toBe('not_found')
    expect((await ann.fails('POST', '/containers/web/stop')).code).toBe('not_found')
    await until(
      'the name',
      5_000,
      async () =>
        (await ann.http.post('/containers?start=true').send({ image: BASE_IMAGE, name: 'web', command: ['sleep', '60'] })).status === 201,
    )
    await ann.ok('DELETE', '/containers/web?force=true')
  })

  it('while the gateway does not run is gone after its start', async () => {
    const gone = await runContainer(ann, withName('gone'))
    const kept = await runContainer(ann, withName('kept'))
    await s.gateway.halt()
    await engine('DELETE', `/containers/${gone.id}?force=true`)
    await s.gateway.listen()
    await until('the list', 10_000, async () => (await names().catch((): string[] => [])).includes('kept'))
    expect(await names()).toEqual(['kept'])
    await until(
      'the name',
      10_000,
      async () => (await ann.http.post('/containers').send({ image: BASE_IMAGE, name: 'gone' })).status === 201,
    )
    await ann.ok('DELETE', '/containers/gone?force=true')
    await ann.ok('DELETE', `/containers/${kept.id}?force=true`)
  })
})

describe('a container that was made beside the gateway', () => {
  it('is seen by administrators among what belongs to nobody, and by nobody else', async () => {
    const id = await madeBeside(`beside-${s.suffix}`)
    expect((await unowned()).find((item) => item.id === id)).toMatchObject({
      kind: 'container',
      name: `beside-${s.suffix}`,
      quarantined: false,
    })
    expect((await ann.fails('GET', '/unowned')).code).toBe('permission_denied')
    expect(await names()).toEqual([])
    for (const ref of [id, id.slice(0, 12), `beside-${s.suffix}`]) {
      const [foreign, missing] = [
        await ann.http.get(`/containers/${ref}`),
        await ann.http.get(`/containers/${ref.replaceAll(/[0-9]/g, '8')}`),
      ]
      expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found'])
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...missing.body, requestId: '' })
    }
    expect((await s.admin.ok<{ id: string }>('GET', `/containers/${id}`)).id).toBe(id)
  })

  it('belongs to a team once an administrator assigned it, and only once', async () => {
    const id = await madeBeside(`given-${s.suffix}`)
    expect((await ann.fails('POST', '/ownership/assign', { kind: 'container', id, team: team.name })).code).toBe('permission_denied')
    await s.admin.ok('POST', '/ownership/assign', { kind: 'container', id, team: team.name, name: 'given' })
    expect(await names()).toEqual(['given'])
    expect((await unowned()).some((item) => item.id === id)).toBe(false)
    expect((await s.admin.fails('POST', '/ownership/assign', { kind: 'container', id, team: team.name, name: 'again' })).code).toBe(
      'conflict',
    )
    await ann.ok('POST', '/containers/given/start')
    await ann.ok('DELETE', '/containers/given?force=true')
    expect(await names()).toEqual([])
  })

  it('is not assigned to a team that is not there, under a bad name, or by half an id', async () => {
    const id = await madeBeside(`odd-${s.suffix}`)
    const assign = (body: object) =>
      s.admin.fails('POST', '/ownership/assign', { kind: 'container', id, team: team.name, name: 'odd', ...body })
    expect((await assign({ team: 'nobody' })).code).toBe('not_found')
    expect((await assign({ name: '../x' })).code).toBe('invalid_request')
    expect((await assign({ name: 'abcdef012345' })).code).toBe('invalid_request')
    expect((await assign({ id: id.slice(0, 12) })).code).toBe('not_found')
    expect((await assign({ kind: 'image' })).code).toBe('invalid_request')
    expect((await unowned()).some((item) => item.id === id)).toBe(true)
  })

  it('with forged labels of ours is in quarantine and in nobody’s list', async () => {
    const web = await runContainer(ann, withName('real'))
    const { Config } = await engine<{ Config: { Labels: Record<string, string> } }>('GET', `/containers/${web.id}/json`)
    const copied = Object.fromEntries(Object.entries(Config.Labels).filter(([key]) => key.startsWith('berth.')))
    expect(Object.keys(copied)).toEqual(expect.arrayContaining(['berth.uid', 'berth.witness']))
    const forged = {
      copy: copied,
      'unknown uid': { 'berth.uid': randomUUID(), 'berth.witness': copied['berth.witness']! },
      'no witness': { 'berth.uid': copied['berth.uid']! },
      'bad witness': { 'berth.uid': copied['berth.uid']!, 'berth.witness': 'AAAA' },
    }
    for (const [how, labels] of Object.entries(forged)) {
      const id = await madeBeside(`forged-${how.replace(' ', '-')}-${s.suffix}`, labels)
      expect({ how, item: (await unowned()).find((item) => item.id === id) }).toMatchObject({ how, item: { quarantined: true } })
      expect((await ann.fails('GET', `/containers/${id}`)).code).toBe('not_found')
    }
    expect(await names()).toEqual(['real'])
    await ann.ok('DELETE', `/containers/${web.id}?force=true`)
    // the row of the copied labels is gone: the copy must not become its object
    expect(await names()).toEqual([])
  })
})

describe('a volume or network that was made beside the gateway', () => {
  it('belongs to nobody until it is assigned', async () => {
    const name = `v-${s.suffix}`
    await engine('POST', '/volumes/create', { Name: name })
    s.forget('volumes', name)
    const { Id } = await engine<{ Id: string }>('POST', '/networks/create', { Name: `n-${s.suffix}` })
    s.forget('networks', Id)
    await until('both', 5_000, async () => (await unowned()).filter((item) => item.id === name || item.id === Id).length === 2)
    await s.admin.ok('POST', '/ownership/assign', { kind: 'volume', id: name, team: team.name, name: 'data' })
    await s.admin.ok('POST', '/ownership/assign', { kind: 'network', id: Id, team: team.name, name: 'net' })
    expect((await unowned()).filter((item) => item.id === name || item.id === Id)).toEqual([])
    // a volume of the same name that was made again is another one
    await engineCall(bed().socketPath, 'DELETE', `/volumes/${name}`)
    await new Promise((done) => setTimeout(done, 1_100))
    await engine('POST', '/volumes/create', { Name: name })
    await until('the new one', 15_000, async () => (await unowned()).some((item) => item.id === name))
  })
})
