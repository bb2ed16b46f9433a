import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import {
  type Actor,
  BASE_IMAGE,
  runContainer,
  type Scenario,
  scenario,
  type Team,
  withCmd,
  withName,
  withoutStart,
  withPort,
  withSpec,
} from '../support/scenario.js'
import { type RawSocket, rawSocket, until } from '../streams/support.js'

interface Quota {
  readonly limits: Record<string, number | null>
  readonly used: Record<string, number>
}

let s: Scenario
beforeAll(async () => {
  s = await scenario()
})
afterAll(() => s?.end())

let count = 0
/** A team of its own for each test, with a developer who makes things. */
async function limited(limits: object): Promise<{ team: Team; dev: Actor }> {
  const alias = `q${++count}`
  const team = await s.team(alias)
  const dev = await s.user(`${alias}-dev`, { [alias]: 'developer' })
  await s.admin.ok('PUT', `/teams/${team.name}/quota`, limits)
  return { team, dev }
}

const quotaOf = (team: Team) => s.admin.ok<Quota>('GET', `/teams/${team.name}/quota`)
const exceeded = (resource: string) => ({
  status: 429,
  code: 'quota_exceeded',
  detail: expect.stringContaining(`quota of ${resource}`) as string,
})
const onEngine = async (team: Team) =>
  (await engineJson<{ Names: string[]; State: string }[]>(bed().socketPath, 'GET', '/containers/json?all=true')).filter(({ Names }) =>
    Names.some((name) => name.startsWith(`/${team.name}--`)),
  )

describe('a change of what a container has', () => {
  it('is one after the other, so that what is reserved is what the engine has', async () => {
    const MiB = 1024 * 1024
    const { team, dev } = await limited({ memory: 200 * MiB })
    const { id } = await dev.ok<{ id: string }>('POST', '/containers', { image: 'busybox', resources: { memory: 50 * MiB } })
    for (let round = 0; round < 8; round++) {
      await Promise.all([150, 20].map((memory) => dev.ok('PATCH', `/containers/${id}`, { resources: { memory: memory * MiB } })))
      const { HostConfig } = await engineJson<{ HostConfig: { Memory: number } }>(bed().socketPath, 'GET', `/containers/${id}/json`)
      expect((await quotaOf(team)).used['memory']).toBe(HostConfig.Memory)
    }
  })
})

describe('a quota of containers', () => {
  it('lets exactly ten of fifty be made that are asked for at once, and leaves nothing of the others', async () => {
    const { team, dev } = await limited({ containers: 10 })
    const body = { image: 'busybox', command: ['sleep', '60'] }
    const answers = await Promise.all(Array.from({ length: 50 }, () => dev.http.post('/containers').send(body)))
    const made = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(made).toHaveLength(10)
    expect(new Set(refused.map(({ status, body }) => `${status} ${(body as { code: string }).code}`))).toEqual(
      new Set(['429 quota_exceeded']),
    )
    expect(refused[0]!.body).toMatchObject({ detail: expect.stringContaining('10 of 10') })
    expect(await onEngine(team)).toHaveLength(10)
    expect((await quotaOf(team)).used).toMatchObject({ containers: 10 })
    await dev.ok('DELETE', `/containers/${(made[0]!.body as { id: string }).id}?force=true`)
    await dev.http.post('/containers').send(body).expect(201)
  }, 120_000)

  it('counts the copies of one call, and says of each what came of it', async () => {
    const { dev } = await limited({ containers: 2 })
    const { items } = await dev.ok<{ items: { error?: { code: string } }[] }>('POST', '/containers', {
      image: 'busybox',
      name: 'copy',
      count: 4,
    })
    expect(items.filter(({ error }) => error?.code === 'quota_exceeded')).toHaveLength(2)
  })
})

describe('a dry run', () => {
  it('says what the quota would, and takes nothing of it', async () => {
    const { team, dev } = await limited({ containers: 1, volumes: 0 })
    await dev.http.post('/containers?dryRun=true').send({ image: BASE_IMAGE }).expect(204)
    expect(await dev.fails('POST', '/containers?dryRun=true', { image: BASE_IMAGE, count: 2 })).toMatchObject(exceeded('containers'))
    expect(await dev.fails('POST', '/volumes?dryRun=true', { name: 'x' })).toMatchObject(exceeded('volumes'))
    expect((await quotaOf(team)).used).toMatchObject({ containers: 0, volumes: 0 })
  })
})

describe('what containers want', () => {
  it.each([
    ['memory', { memory: 100 * 1024 * 1024 }, { memory: 60 * 1024 * 1024 }],
    ['cpus', { cpus: 0.5 }, { cpus: 0.3 }],
    ['pids', { pids: 100 }, { pids: 60 }],
  ])('is limited together: %s', async (resource, limit, resources) => {
    const { team, dev } = await limited(limit)
    const spec = { image: 'busybox', resources }
    const first = await dev.ok<{ id: string }>('POST', '/containers', spec)
    expect(await dev.fails('POST', '/containers', spec)).toMatchObject(exceeded(resource))
    expect(await onEngine(team)).toHaveLength(1)
    expect((await quotaOf(team)).used).toMatchObject({ [resource]: Object.values(resources)[0], containers: 1 })
    await dev.ok('DELETE', `/containers/${first.id}`)
    await dev.ok('POST', '/containers', spec)
  })

  it('is limited by defaults too, and by a later change', async () => {
    const { team, dev } = await limited({ memory: 100 * 1024 * 1024, pids: 100_000 })
    // the default of the profile is more than the team has
    expect(await dev.fails('POST', '/containers', { image: 'busybox' })).toMatchObject(exceeded('memory'))
    const MiB = 1024 * 1024
    const { id } = await dev.ok<{ id: string }>('POST', '/containers', { image: 'busybox', resources: { memory: 50 * MiB } })
    await dev.ok('PATCH', `/containers/${id}`, { resources: { memory: 90 * MiB } })
    expect(await dev.fails('PATCH', `/containers/${id}`, { resources: { memory: 101 * MiB } })).toMatchObject(exceeded('memory'))
    expect((await quotaOf(team)).used['memory']).toBe(90 * MiB)
  })

  it('is limited together: published ports', async () => {
    const { team, dev } = await limited({ ports: 2 })
    await runContainer(dev, withPort(80), withPort(81), withoutStart)
    expect(await dev.fails('POST', '/containers', { image: 'busybox', ports: [{ container: 80 }] })).toMatchObject(exceeded('ports'))
    expect((await quotaOf(team)).used).toMatchObject({ ports: 2 })
  })
})

describe('a quota of running containers', () => {
  it('lets exactly two of eight start, sees those that end, and takes a refused one back', async () => {
    const { team, dev } = await limited({ running: 2 })
    const sleeping = { image: 'busybox', command: ['sleep', '600'] }
    const boxes = await Promise.all(Array.from({ length: 8 }, () => dev.ok<{ id: string }>('POST', '/containers', sleeping)))
    const starts = await Promise.all(boxes.map(({ id }) => dev.http.post(`/containers/${id}/start`)))
    expect(starts.filter(({ status }) => status === 200)).toHaveLength(2)
    expect(starts.filter(({ status }) => status === 429)).toHaveLength(6)
    expect((await onEngine(team)).filter(({ State }) => State === 'running')).toHaveLength(2)
    expect(await dev.fails('POST', '/containers?start=true', sleeping)).toMatchObject(exceeded('running'))
    expect(await onEngine(team)).toHaveLength(8)
    const running = boxes[starts.findIndex(({ status }) => status === 200)]!
    // again, and anew: it is one of the two
    await dev.ok('POST', `/containers/${running.id}/start`)
    await dev.ok('POST', `/containers/${running.id}/restart?timeout=0`)
    await dev.ok('POST', `/containers/${running.id}/kill`)
    const waiting = boxes[starts.findIndex(({ status }) => status === 429)]!
    await until('the end is seen', async () => (await dev.http.post(`/containers/${waiting.id}/start`)).status === 200, 20_000)
    expect((await quotaOf(team)).used).toMatchObject({ running: 2, containers: 8 })
  }, 120_000)

  it('counts none that ended by itself', async () => {
    const { team, dev } = await limited({ running: 1 })
    for (let n = 0; n < 3; n++) {
      await runContainer(dev, withName(`short-${n}`), withCmd('true'))
      await until('it has ended', async () => (await quotaOf(team)).used['running'] === 0, 20_000)
    }
  })
})

describe('a quota of', () => {
  it('volumes counts anonymous ones, and networks not the team’s own', async () => {
    const { team, dev } = await limited({ volumes: 2, networks: 1 })
    await dev.ok('POST', '/volumes', { name: 'one' })
    await runContainer(dev, withSpec({ mounts: [{ type: 'volume', target: '/data' }] }), withoutStart)
    expect(await dev.fails('POST', '/volumes', { name: 'two' })).toMatchObject(exceeded('volumes'))
    expect(await dev.fails('POST', '/containers', { image: 'busybox', mounts: [{ type: 'volume', target: '/x' }] })).toMatchObject(
      exceeded('volumes'),
    )
    expect(await onEngine(team)).toHaveLength(1)
    await dev.ok('POST', '/networks', { name: 'net' })
    expect(await dev.fails('POST', '/networks', { name: 'net2' })).toMatchObject(exceeded('networks'))
    expect((await quotaOf(team)).used).toMatchObject({ volumes: 2, networks: 1 })
  })

  it('streams and execs counts those that are open', async () => {
    const { team, dev } = await limited({ streams: 2, execs: 1 })
    const box = await runContainer(dev, withCmd('sleep', '600'))
    using socket = await rawSocket(s.url, { token: dev.accessToken! })
    const open = (kind: string, params: object) => socket.ask('stream:open', { kind, params })
    const exec = { container: box.id, command: ['sleep', '600'] }
    const logs = { containers: [box.id], follow: true }
    const first = await open('container.exec', exec)
    expect(first.ok).toBe(true)
    expect(await open('container.exec', exec)).toMatchObject({ ok: false, error: exceeded('execs') })
    expect(await dev.fails('POST', `/containers/${box.id}/exec`, { command: ['true'] })).toMatchObject(exceeded('execs'))
    const second = await open('container.logs', logs)
    expect(await open('container.logs', logs)).toMatchObject({ ok: false, error: exceeded('streams') })
    expect((await quotaOf(team)).used).toMatchObject({ streams: 2, execs: 1 })
    for (const { streamId } of [first, second]) await socket.ask('stream:close', { streamId })
    await until('they are closed', async () => (await quotaOf(team)).used['streams'] === 0)
    await dev.ok('POST', `/containers/${box.id}/exec`, { command: ['true'] })
    expect((await quotaOf(team)).used).toMatchObject({ streams: 0, execs: 0 })
  })

  // it counted who was at them: twelve commands ran with a limit of one, and an owner who came back beside a dead connection was refused
  it('execs counts what runs, and not who is at it', async () => {
    const { team, dev } = await limited({ execs: 1 })
    const box = await runContainer(dev, withCmd('sleep', '600'))
    const used = async () => (await quotaOf(team)).used['execs']
    const open = (socket: RawSocket, params: object) =>
      socket.ask('stream:open', { kind: 'container.exec', params: { container: box.id, ...params } })
    const away = await rawSocket(s.url, { token: dev.accessToken! })
    const first = await open(away, { command: ['cat'] })
    away.socket.disconnect()
    using socket = await rawSocket(s.url, { token: dev.accessToken! })
    await until('the streams are closed', async () => (await quotaOf(team)).used['streams'] === 0)
    expect(await used()).toBe(1)
    expect(await open(socket, { command: ['cat'] })).toMatchObject({ ok: false, error: exceeded('execs') })
    const joining = { container: undefined, session: first['session'] }
    const back = await open(socket, joining)
    const watching = await open(socket, { ...joining, role: 'observer' })
    expect([back.ok, watching.ok, await used()]).toEqual([true, true, 1])
    await socket.ask('stream:close', { streamId: back.streamId })
    await until('its end', async () => (await used()) === 0)
    // one that can't be started, and one that ends by itself, take nothing with them
    expect(await open(socket, { command: ['no-such-command'] })).toMatchObject({ ok: false, error: { code: 'exec_failed' } })
    expect(await open(socket, { command: ['true'] })).toMatchObject({ ok: true })
    await until('its end', async () => (await used()) === 0)
  })

  it('image bytes refuses one more image, and not one that the team has', async () => {
    const { team, dev } = await limited({})
    const { used } = await quotaOf(team)
    expect(used['imageBytes']).toBeGreaterThan(0)
    await s.admin.ok('PUT', `/teams/${team.name}/quota`, { imageBytes: used['imageBytes'] })
    await dev.ok('POST', '/images/tag', { source: BASE_IMAGE, target: 'mine:1' })
    const pull = (reference: string) =>
      dev.http
        .post('/images/pull')
        .set('prefer', 'wait=30')
        .send({ reference })
        .then(({ body }) => body as { state: string; error?: object })
    expect(await pull('layered:1')).toMatchObject({ state: 'failed', error: exceeded('imageBytes') })
    const { items } = await dev.ok<{ items: { references: string[] }[] }>('GET', '/images')
    expect(JSON.stringify(items)).not.toContain('layered')
    expect((await quotaOf(team)).used['imageBytes']).toBe(used['imageBytes'])
  })
})

describe('GET and PUT /teams/{team}/quota', () => {
  it('are limits and use, for members to read and for administrators to set', async () => {
    const { team, dev } = await limited({ containers: 5, cpus: 1.5 })
    const quota = await dev.ok<Quota>('GET', `/teams/${team.name}/quota`)
    expect(quota.limits).toMatchObject({ containers: 5, cpus: 1.5, memory: null, jobs: null })
    expect(quota.used).toMatchObject({ containers: 0, cpus: 0, memory: 0, running: 0 })
    await dev.http.put(`/teams/${team.name}/quota`).send({ containers: 50 }).expect(403)
    const boss = await s.user(`boss-${count}`, { [`q${count}`]: 'maintainer' })
    await boss.http.put(`/teams/${team.name}/quota`).send({}).expect(403)
    expect((await s.admin.ok<Quota>('PUT', `/teams/${team.name}/quota`, { volumes: 1, containers: null })).limits).toMatchObject({
      containers: null,
      cpus: null,
      volumes: 1,
    })
  })

  it.each([{ containers: -1 }, { containers: 1.5 }, { containers: '5' }, { cpus: -0.1 }, { memory: 1e300 }, { planets: 1 }])(
    'refuse %j',
    async (body) => {
      const team = await s.team(`r${++count}`)
      expect((await s.admin.fails('PUT', `/teams/${team.name}/quota`, body)).code).toBe('invalid_request')
    },
  )
})
