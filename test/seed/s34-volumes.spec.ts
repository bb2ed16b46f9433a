/**
 * S34. The course: named volumes and their life: `docker volume create`, `ls`, `inspect`, `rm`, `prune`; a volume stays when its
 * container goes, unless it is asked to go with it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../networks/support.js'
import { type Actor, runContainer, type Scenario, scenario, type Team, withName, withSpec } from '../support/scenario.js'

let s: Scenario
let team: Team
let ann: Actor
let mia: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario()
  team = await s.team('course')
  await s.team('other')
  ann = await s.user('ann', { course: 'developer' })
  mia = await s.user('mia', { course: 'maintainer' })
  ben = await s.user('ben', { other: 'developer' })
})
afterAll(() => s?.end())

interface Volume {
  readonly name: string
  readonly team: string
  readonly anonymous: boolean
  readonly usedBy: readonly string[]
}

const volumes = async (actor: Actor) => (await actor.ok<{ items: Volume[] }>('GET', '/volumes')).items
const names = async (actor: Actor) => (await volumes(actor)).map(({ name }) => name)
const withVolume = (source: string, target = '/data') => withSpec({ mounts: [{ type: 'volume', source, target }] })
/** In the container, as the course does at its shell. */
const shell = async (id: string, line: string) => (await run(s, id, 'sh', '-c', line)).output.trim()

describe('s34: the life of a volume', () => {
  it('begins before its containers, and its files outlive them', async () => {
    expect(await ann.ok('POST', '/volumes', { name: 'data', labels: { for: 'course' } })).toMatchObject({
      name: 'data',
      team: team.name,
      driver: 'local',
      labels: { for: 'course' },
      anonymous: false,
      usedBy: [],
    })
    const first = await runContainer(ann, withName('u1'), withVolume('data'))
    await shell(first.id, 'echo hello > /data/greeting')
    await ann.http.delete('/containers/u1?force=true').expect(204)
    expect(await names(ann)).toEqual(['data'])
    const second = await runContainer(ann, withName('u2'), withVolume('data', '/elsewhere'))
    expect(await shell(second.id, 'cat /elsewhere/greeting')).toBe('hello')
  })

  it('tells who uses it, and keeps it as long as somebody does', async () => {
    await runContainer(ann, withName('u3'), withVolume('data'))
    expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ usedBy: ['u2', 'u3'] })
    expect(await ann.ok('GET', '/containers/u3')).toMatchObject({
      mounts: [{ type: 'volume', name: 'data', destination: '/data', rw: true }],
    })
    await ann.ok('POST', '/containers/u3/stop?timeout=0')
    expect(await ann.fails('DELETE', '/volumes/data')).toMatchObject({ status: 409, detail: expect.stringContaining('u2, u3') })
  })

  it('is another one in another team, whatever its name', async () => {
    await ben.ok('POST', '/volumes', { name: 'data' })
    const his = await runContainer(ben, withName('u1'), withVolume('data'))
    expect(await shell(his.id, 'ls -A /data')).toBe('')
    expect(await ben.ok('GET', '/volumes/data')).toMatchObject({ usedBy: ['u1'] })
    expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ usedBy: ['u2', 'u3'] })
  })

  it('does not end with its container unless that is asked for', async () => {
    const anonymous = async () => (await volumes(ann)).filter((volume) => volume.anonymous).map(({ name }) => name)
    for (const name of ['keeps', 'takes'])
      await runContainer(ann, withName(name), withSpec({ mounts: [{ type: 'volume', target: '/scratch' }] }))
    expect((await anonymous()).length).toBe(2)
    await ann.http.delete('/containers/keeps?force=true').expect(204)
    expect((await anonymous()).length).toBe(2)
    await ann.http.delete('/containers/takes?force=true&volumes=true').expect(204)
    expect((await anonymous()).length).toBe(1)
    // a named one stays even then, as with docker rm -v
    await ann.http.delete('/containers/u3?volumes=true').expect(204)
    expect(await names(ann)).toContain('data')
  })

  it('ends when it is removed, or pruned: anonymous ones by default, all when asked', async () => {
    await ann.ok('POST', '/volumes', { name: 'spare' })
    expect(await mia.ok('POST', '/volumes/prune')).toMatchObject({ removed: [{ team: team.name, size: 0 }], reclaimed: 0 })
    expect(await names(ann)).toEqual(['data', 'spare'])
    await ann.http.delete('/containers/u2?force=true').expect(204)
    await ann.http.delete('/volumes/data').expect(204)
    expect(await mia.ok('POST', '/volumes/prune?all=true')).toMatchObject({ removed: [{ name: 'spare' }] })
    expect(await names(ann)).toEqual([])
    expect(await names(ben)).toEqual(['data'])
  })
})
