import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import { scenario, type Scenario } from '../support/scenario.js'
import { inspect, runBeside, until } from './support/engine.js'
import type { Container, Page } from './support/types.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'maintainer' })
})
afterAll(() => s?.end())

async function beside(spec: object = {}): Promise<{ id: string; name: string }> {
  const made = await runBeside(s, spec)
  await until('the inventory', async () => (await s.admin.http.get(`/containers/${made.id}`)).status === 200)
  return made
}

describe('a container that was made beside the gateway', () => {
  it('is read, stopped, killed and removed by an administrator, by its full id', async () => {
    const { id, name } = await beside({ Cmd: ['sh', '-c', 'echo here; trap "exit 5" TERM; while :; do sleep 0.1; done'], Env: ['A=1'] })
    expect(await s.admin.ok('GET', `/containers/${id}`)).toMatchObject({
      id,
      name,
      team: null,
      createdBy: null,
      env: expect.arrayContaining(['A=1']),
    })
    await until('its log', async () => (await s.admin.http.get(`/containers/${id}/logs`)).text === 'here\n')
    expect((await s.admin.ok<Container>('POST', `/containers/${id}/stop?timeout=5`)).state).toMatchObject({ status: 'exited', exitCode: 5 })
    expect(await s.admin.fails('POST', `/containers/${id}/kill`)).toMatchObject({ code: 'container_not_running' })
    await s.admin.http.delete(`/containers/${id}`).expect(204)
    await expect(inspect(id)).rejects.toThrow('404')
  })

  it.each(['start', 'restart', 'rename'])('is not for anybody to %s', async (verb) => {
    const { id } = await beside()
    expect(await s.admin.fails('POST', `/containers/${id}/${verb}`, verb === 'rename' ? { name: 'x' } : undefined)).toMatchObject({
      code: 'not_found',
    })
  })

  it('is in no list, and nothing to a team', async () => {
    const { id, name } = await beside()
    expect((await s.admin.ok<Page<Container>>('GET', '/containers?all=true')).items).toEqual([])
    for (const ref of [id, name, id.slice(0, 12)]) expect(await ann.fails('GET', `/containers/${ref}`)).toMatchObject({ code: 'not_found' })
    expect(await ann.fails('DELETE', `/containers/${id}?force=true`)).toMatchObject({ code: 'not_found' })
  })

  it("that an administrator assigns is the team's, without its forged image label", async () => {
    const { id, name } = await beside({ Labels: { 'berth.image': 'docker.io/library/forged:1', kept: 'yes' } })
    await s.admin.ok('POST', '/ownership/assign', { kind: 'container', id, team: s.teams.get('alpha')!.name, name: 'given' })
    const seen = await ann.ok<Container>('GET', '/containers/given')
    expect(seen).toMatchObject({ id, name: 'given', image: { reference: null }, labels: { kept: 'yes' } })
    expect(JSON.stringify(seen)).not.toContain(name)
    await ann.http.delete('/containers/given?force=true').expect(204)
  })
})
