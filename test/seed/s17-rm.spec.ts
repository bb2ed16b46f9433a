/**
 * S17. The course: `docker rm u1` fails while u1 runs; `docker stop u1` and then `docker rm u1` works. With `-f` at once, with
 * `-v` its anonymous volumes too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runContainer, scenario, type Actor, type Scenario, withName, withSpec } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  await s.team('other')
  ann = await s.user('ann', { course: 'developer' })
  ben = await s.user('ben', { other: 'developer' })
})
afterAll(() => s?.end())

const volumes = async () => (await ann.ok<{ items: { name: string; anonymous: boolean }[] }>('GET', '/volumes')).items
const withVolumes = withSpec({
  mounts: [
    { type: 'volume', source: 'kept', target: '/kept' },
    { type: 'volume', target: '/scratch' },
  ],
})

describe('s17: a container is removed', () => {
  it('not while it runs, and the answer says what to do', async () => {
    await runContainer(ann, withName('u1'))
    expect(await ann.fails('DELETE', '/containers/u1')).toMatchObject({
      status: 409,
      code: 'container_running',
      detail: 'the container is running',
      hint: 'stop it first, or remove it with force=true',
    })
    await ann.ok('POST', '/containers/u1/stop?timeout=0')
    await ann.http.delete('/containers/u1').expect(204)
    expect(await ann.fails('DELETE', '/containers/u1')).toMatchObject({ code: 'not_found' })
  })

  it('docker rm -f does not ask', async () => {
    await runContainer(ann, withName('u2'))
    await ann.http.delete('/containers/u2?force=true').expect(204)
    expect((await ann.ok<{ items: object[] }>('GET', '/containers?all=true')).items).toEqual([])
  })

  it('its volumes stay, and with docker rm -v those without a name go with it', async () => {
    await runContainer(ann, withName('u3'), withVolumes)
    await ann.http.delete('/containers/u3?force=true').expect(204)
    expect((await volumes()).filter(({ anonymous }) => anonymous)).toHaveLength(1)
    await runContainer(ann, withName('u4'), withVolumes)
    expect(await volumes()).toHaveLength(3)
    await ann.http.delete('/containers/u4?force=true&volumes=true').expect(204)
    const left = await volumes()
    expect(left).toHaveLength(2)
    expect(left.map(({ name }) => name)).toContain('kept')
  })

  it('never that of another team', async () => {
    const { id } = await runContainer(ann, withName('u5'))
    for (const ref of ['u5', id, id.slice(0, 12)])
      expect(await ben.fails('DELETE', `/containers/${ref}?force=true`)).toMatchObject({ code: 'not_found' })
    expect(await ann.ok('GET', '/containers/u5')).toMatchObject({ state: { status: 'running' } })
  })
})
