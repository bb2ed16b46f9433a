import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import type { Actor } from '../support/actor.js'
import {
  BASE_IMAGE,
  runContainer,
  scenario,
  type Scenario,
  type Team,
  withCmd,
  withImage,
  withName,
  withoutStart,
  withPort,
  withSpec,
} from '../support/scenario.js'
import { containersOf, imageWith, inspect, until, volumeNames } from './support/engine.js'
import type { Container, Page, Volume } from './support/types.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  for (const { id } of (await s.admin.ok<Page<Container>>('GET', '/containers?all=true')).items)
    await s.admin.http.delete(`/containers/${id}?force=true&volumes=true`)
  for (const { name, team } of (await s.admin.ok<Page<Volume>>('GET', '/volumes')).items)
    await s.admin.http.delete(`/volumes/${name}?team=${team}`)
})

/** Rows that hold a name: nothing half made may keep one. */
async function held(): Promise<string[]> {
  const rows = await s.gateway.app.get(OwnershipStore, { strict: false }).held()
  // The team's default network stays with the team.
  return rows.filter(({ kind }) => kind !== 'network').map((row) => `${row.kind} ${row.state}`)
}

describe('what the engine gets', () => {
  it('is built anew with every security default written out, by content id', async () => {
    const { id } = await runContainer(ann, withName('web'), withoutStart())
    const { Config, HostConfig, Image, Name } = await inspect(id)
    expect(Config.Image).toBe(Image)
    expect(Name).toBe(`/${alpha.name}--web`)
    expect(HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ['NET_RAW', 'MKNOD'],
      SecurityOpt: ['no-new-privileges'],
      PidMode: '',
      IpcMode: 'private',
      UsernsMode: '',
      CgroupnsMode: 'private',
      Memory: 2_147_483_648,
      MemorySwap: 2_147_483_648,
      PidsLimit: 1024,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    })
    expect(HostConfig['Ulimits']).toMatchObject([{ Name: 'nofile' }, { Name: 'core', Hard: 0, Soft: 0 }])
    expect(HostConfig['NanoCpus']).toBeGreaterThan(0)
  })

  it('takes what the request says', async () => {
    const spec = {
      env: ['A=1', 'B=x=y'],
      user: '1000:1000',
      workingDir: '/tmp',
      hostname: 'box',
      tty: true,
      openStdin: true,
      entrypoint: ['sh', '-c'],
      command: ['sleep 100'],
      resources: { memory: 67_108_864, cpus: 0.5, pids: 50 },
      restart: { policy: 'on-failure', maxRetries: 2 },
      stopSignal: 'SIGINT',
      stopTimeout: 1,
      healthcheck: { test: ['CMD', 'true'], interval: 5, timeout: 2, retries: 2, startPeriod: 1 },
      labels: { app: 'shop', 'com.docker.compose.project': 'p' },
    }
    await runContainer(ann, withName('web'), withSpec(spec))
    const { env, restart, labels: _labels, healthcheck: _health, stopSignal: _signal, stopTimeout: _timeout, ...same } = spec
    expect(await ann.ok('GET', '/containers/web')).toMatchObject({
      ...same,
      env: expect.arrayContaining(env),
      restart: { ...restart, count: 0 },
      labels: spec.labels,
    })
    const raw = await inspect((await ann.ok<Container>('GET', '/containers/web')).id)
    expect(raw.Config).toMatchObject({
      StopSignal: 'SIGINT',
      StopTimeout: 1,
      Healthcheck: { Test: ['CMD', 'true'], Interval: 5e9, Timeout: 2e9, Retries: 2, StartPeriod: 1e9 },
    })
    expect(raw.HostConfig).toMatchObject({ Memory: 67_108_864, NanoCpus: 5e8, PidsLimit: 50 })
  })

  it('overwrites labels of ours that an image brings along', async () => {
    const image = await imageWith(s, alpha, { Labels: { 'berth.uid': 'evil', 'berth.other': 'evil', kept: 'yes' } })
    const made = await runContainer(ann, withImage(image), withoutStart())
    expect(made).toMatchObject({ labels: { kept: 'yes' } })
    const { Labels } = (await inspect(made.id)).Config
    expect(Labels['berth.other']).toBe('')
    expect(Labels['berth.uid']).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('what the profile refuses', () => {
  it.each([
    ['/privileged', { privileged: true }, 'user'],
    ['/mounts/0/source', { mounts: [{ type: 'bind', source: '/etc', target: '/x' }] }, 'volume of the team'],
    ['/mounts/0/source', { mounts: [{ type: 'volume', source: '/etc', target: '/x' }] }, 'volume of the team'],
    ['/mounts/0/target', { mounts: [{ type: 'volume', target: '/proc/../proc/self' }] }, '/proc'],
    ['/mounts/0/size', { mounts: [{ type: 'tmpfs', target: '/x', size: 536_870_913 }] }, 'bytes'],
    ['/network', { network: 'host' }, 'publish'],
    ['/network', { network: 'bridge' }, 'publish'],
    ['/ports/0/host', { ports: [{ container: 80, host: 80 }] }, '1024'],
    ['/labels/berth.uid', { labels: { 'berth.uid': 'x' } }, 'reserved'],
    ['/labels/com.docker.x', { labels: { 'com.docker.x': 'x' } }, 'reserved'],
    ['/workingDir', { workingDir: '/proc/self/fd/8' }, '/proc'],
    ['/workingDir', { workingDir: '/tmp/../dev' }, '/dev'],
    ['/stopTimeout', { stopTimeout: 301 }, '300'],
    ['/healthcheck/interval', { healthcheck: { test: ['CMD', 'true'], interval: 0.5 } }, '1 second'],
  ])('%s', async (path, spec, rule) => {
    const problem = await ann.fails('POST', '/containers', { image: BASE_IMAGE, ...spec })
    expect(problem).toMatchObject({
      status: 403,
      code: 'policy_denied',
      violations: [{ path, profile: 'baseline', rule: expect.stringContaining(rule) }],
    })
    expect(problem.detail).toContain('baseline')
    expect(await containersOf(alpha)).toEqual([])
    expect(await held()).toEqual([])
  })

  it('is reported all at once, and before the image is looked for', async () => {
    const body = { image: 'nosuch/image', privileged: true, network: 'host', mounts: [{ type: 'bind', source: '/', target: '/host' }] }
    const problem = await ann.fails('POST', '/containers', body)
    expect(problem.violations!.map(({ path }) => path).sort()).toEqual(['/mounts/0/source', '/network', '/privileged'])
    expect(problem.violations!.find(({ path }) => path === '/privileged')!.rule).toContain('"privileged"')
  })

  it('is refused for administrators too', async () => {
    expect(await s.admin.fails('POST', '/containers', { image: BASE_IMAGE, team: alpha.name, privileged: true })).toMatchObject({
      code: 'policy_denied',
    })
  })

  it("is refused in an image's own words", async () => {
    const image = await imageWith(s, alpha, { WorkingDir: '/proc/self/fd/7' })
    expect(await ann.fails('POST', '/containers', { image })).toMatchObject({ code: 'policy_denied', violations: [{ path: '/image' }] })
    expect(await held()).toEqual([])
    await ann.ok('POST', '/containers', { image, workingDir: '/tmp' })
  })
})

describe('what makes no sense', () => {
  it.each([
    [{ image: '' }, undefined],
    [{ image: 'UPPER CASE' }, undefined],
    [{ image: BASE_IMAGE, unknown: 1 }, '/unknown'],
    [{ image: BASE_IMAGE, hostConfig: { Privileged: true } }, '/hostConfig'],
    [{ image: BASE_IMAGE, name: '../x' }, '/name'],
    [{ image: BASE_IMAGE, name: 'a'.repeat(64) }, '/name'],
    [{ image: BASE_IMAGE, name: 'f'.repeat(12) }, '/name'],
    [{ image: BASE_IMAGE, env: { A: '1' } }, '/env'],
    [{ image: BASE_IMAGE, env: ['=x'] }, '/env'],
    [{ image: BASE_IMAGE, env: ['A=\0'] }, '/env/0'],
    [{ image: BASE_IMAGE, command: 'sleep 1' }, '/command'],
    [{ image: BASE_IMAGE, ports: [{ container: 0 }] }, '/ports/0/container'],
    [{ image: BASE_IMAGE, ports: [{ container: 80, host: 8080.5 }] }, '/ports/0/host'],
    [{ image: BASE_IMAGE, ports: [{ container: 80, hostIp: 'nowhere' }] }, '/ports/0/hostIp'],
    [{ image: BASE_IMAGE, ports: [{ container: 80, Privileged: true }] }, '/ports/0/Privileged'],
    [{ image: BASE_IMAGE, mounts: [{ type: 'npipe', target: '/x' }] }, '/mounts/0/type'],
    [{ image: BASE_IMAGE, mounts: [{ type: 'volume', source: '../x', target: '/x' }] }, '/mounts/0/source'],
    [
      {
        image: BASE_IMAGE,
        mounts: [
          { type: 'volume', target: '/x' },
          { type: 'tmpfs', target: '//x/.' },
        ],
      },
      '/mounts/1/target',
    ],
    [{ image: BASE_IMAGE, network: 'mine' }, '/network'],
    [{ image: BASE_IMAGE, network: 'container:nobody' }, '/network'],
    [{ image: BASE_IMAGE, network: 'container:../x' }, '/network'],
    [{ image: BASE_IMAGE, resources: { memory: 1 } }, '/resources/memory'],
    [{ image: BASE_IMAGE, resources: { cpus: 100_000 } }, '/resources/cpus'],
    [{ image: BASE_IMAGE, restart: { policy: 'sometimes' } }, '/restart/policy'],
    [{ image: BASE_IMAGE, restart: { policy: 'always', maxRetries: 3 } }, '/restart/maxRetries'],
    [{ image: BASE_IMAGE, restart: { policy: 'always' }, autoRemove: true }, '/autoRemove'],
    [{ image: BASE_IMAGE, healthcheck: { test: ['true'] } }, '/healthcheck/test'],
    [{ image: BASE_IMAGE, labels: { a: 1 } }, '/labels'],
    [{ image: BASE_IMAGE, labels: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`l${at}`, ''])) }, '/labels'],
    [{ image: BASE_IMAGE, count: 0 }, '/count'],
    [{ image: BASE_IMAGE, count: 2, ports: [{ container: 80, host: 9000 }] }, '/ports/0/host'],
    [{ image: BASE_IMAGE, volumesFrom: ['nobody'] }, '/volumesFrom/0'],
    [{ image: BASE_IMAGE, volumesFrom: ['a/../b'] }, '/volumesFrom/0'],
    [{ image: BASE_IMAGE, stopSignal: 'SIGNOPE' }, '/stopSignal'],
    [{ image: BASE_IMAGE, user: '0;rm' }, '/user'],
  ])('%j', async (body, pointer) => {
    const problem = await ann.fails('POST', '/containers', body)
    expect(problem.status).toBe(400)
    if (pointer) expect(problem.errors!.map((each) => each.pointer)).toContain(pointer)
    expect(await containersOf(alpha)).toEqual([])
    expect(await held()).toEqual([])
  })

  it('a key that is there twice', async () => {
    const answer = await ann.http
      .post('/containers')
      .set('content-type', 'application/json')
      .send(`{"image":"${BASE_IMAGE}","privileged":false,"privileged":true}`)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ code: 'malformed_json' })
  })
})

describe('images', () => {
  it('are pulled where the team has none, and only then', async () => {
    expect(await ann.fails('POST', '/containers', { image: 'layered:1', pull: 'never' })).toMatchObject({
      code: 'image_not_present',
      status: 409,
    })
    const made = await runContainer(ann, withName('pulled'), withImage('layered:1'), withCmd('sleep', '60'))
    expect(made).toMatchObject({ image: { reference: 'layered:1' }, state: { status: 'running' } })
    expect(await ben.fails('POST', '/containers', { image: 'layered:1', pull: 'never' })).toMatchObject({ code: 'image_not_present' })
    expect(await ann.fails('POST', '/containers', { image: '127.0.0.1:5000/no/such:1' })).toMatchObject({ code: 'pull_failed' })
    expect(await held()).toEqual(['container live'])
  })

  it('of another team are not found by content id either', async () => {
    const image = await imageWith(s, alpha, { Labels: { secret: '1' } })
    const { image: content } = (await runContainer(ann, withImage(image), withoutStart())) as unknown as Container
    expect(await ben.fails('POST', '/containers', { image: content.id })).toMatchObject({ code: 'image_not_present' })
    expect(await ann.ok('POST', '/containers', { image: content.id })).toMatchObject({ image: { id: content.id } })
  })
})

describe('ports', () => {
  it('are published where asked, or on a free one, and told', async () => {
    const made = (await runContainer(ann, withName('web'), withPort(80, 18_080), withPort(81))) as unknown as Container
    expect(made.ports).toContainEqual({ container: 80, protocol: 'tcp', host: 18_080, hostIp: '0.0.0.0' })
    expect(made.ports.find(({ container }) => container === 81)!.host).toBeGreaterThanOrEqual(1024)
  })

  it('that are taken are a clear conflict, and nothing is left', async () => {
    await runContainer(ann, withName('web'), withPort(80, 18_081))
    const problem = await ben.fails('POST', '/containers?start=true', {
      image: BASE_IMAGE,
      command: ['sleep', '9'],
      name: 'web',
      ports: [{ container: 80, host: 18_081 }],
    })
    expect(problem).toMatchObject({ status: 409, code: 'port_in_use', detail: expect.stringContaining('18081') })
    expect(JSON.stringify(problem)).not.toContain(alpha.name)
    expect((await ben.ok<Page<Container>>('GET', '/containers?all=true')).items).toEqual([])
    expect(await containersOf(s.teams.get('beta')!)).toEqual([])
    expect(await held()).toEqual(['container live'])
  })

  it('that the image exposes are all published with publishAll', async () => {
    const image = await imageWith(s, alpha, { ExposedPorts: { '8080/tcp': {}, '53/udp': {} } })
    const made = (await runContainer(ann, withImage(image), withSpec({ publishAll: true }))) as unknown as Container
    expect(made.ports.map(({ container, protocol, host }) => [container, protocol, host !== null].join()).sort()).toEqual([
      '53,udp,true',
      '8080,tcp,true',
    ])
  })
})

describe('a start that fails', () => {
  it.each([
    [{ command: ['/no/such/program'] }, 'command not found'],
    [{ user: 'nobodyknows' }, 'user'],
  ])('takes everything back: %j', async (spec, reason) => {
    const before = await volumeNames()
    const body = {
      image: BASE_IMAGE,
      name: 'web',
      command: ['sleep', '9'],
      mounts: [
        { type: 'volume', target: '/a' },
        { type: 'volume', source: 'fresh', target: '/b' },
      ],
      ...spec,
    }
    expect(await ann.fails('POST', '/containers?start=true', body)).toMatchObject({
      status: 422,
      code: 'start_failed',
      detail: expect.stringContaining(reason),
    })
    expect(await containersOf(alpha)).toEqual([])
    expect(await volumeNames()).toEqual(before)
    expect(await held()).toEqual([])
    await runContainer(ann, withName('web'))
  })
})

describe('several copies', () => {
  it('are made in one call, each reported', async () => {
    const { items } = await ann.ok<{ items: { container?: Container }[] }>('POST', '/containers?start=true', {
      image: BASE_IMAGE,
      name: 'web',
      command: ['sleep', '60'],
      count: 3,
    })
    expect(items.map(({ container }) => container?.name)).toEqual(['web-1', 'web-2', 'web-3'])
    expect(items.every(({ container }) => container?.state.running)).toBe(true)
    expect(await containersOf(alpha)).toHaveLength(3)
  })

  it('report what failed beside what did not', async () => {
    await runContainer(ann, withName('web-2'), withoutStart())
    const { items } = await ann.ok<{ items: { container?: Container; error?: { code: string } }[] }>('POST', '/containers', {
      image: BASE_IMAGE,
      name: 'web',
      count: 3,
    })
    expect(items.map(({ container, error }) => container?.name ?? error?.code)).toEqual(['web-1', 'name_in_use', 'web-3'])
  })

  it('get a name each where none is given', async () => {
    const { items } = await ann.ok<{ items: { container: Container }[] }>('POST', '/containers', { image: BASE_IMAGE, count: 2 })
    expect(new Set(items.map(({ container }) => container.name)).size).toBe(2)
  })

  it('of one name at the same time make one container', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ann.http.post('/containers').send({ image: BASE_IMAGE, name: 'once' })),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409])
    expect(await containersOf(alpha)).toHaveLength(1)
  })
})

describe('mounts', () => {
  it('of a volume that is not there make it, and it stays when the container goes', async () => {
    const body = { mounts: [{ type: 'volume', source: 'data', target: '/data' }] }
    const made = (await runContainer(
      ann,
      withName('w'),
      withCmd('sh', '-c', 'echo kept > /data/f'),
      withSpec(body),
    )) as unknown as Container
    expect(made.mounts).toMatchObject([{ type: 'volume', name: 'data', source: 'data', destination: '/data', rw: true }])
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/w')).state.status === 'exited')
    expect(await ann.ok('GET', '/volumes/data')).toMatchObject({ team: alpha.name, anonymous: false, usedBy: ['w'] })
    await ann.http.delete('/containers/w?volumes=true').expect(204)
    await runContainer(ann, withName('r'), withCmd('cat', '/data/f'), withSpec(body))
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/r')).state.status === 'exited')
    expect((await ann.http.get('/containers/r/logs')).text).toBe('kept\n')
  })

  it('are shown with all that an inspect tells', async () => {
    await runContainer(
      ann,
      withName('web'),
      withSpec({
        mounts: [
          { type: 'volume', source: 'data', target: '/data', readOnly: true },
          { type: 'tmpfs', target: '/tmp/x' },
        ],
      }),
    )
    const { mounts } = await ann.ok<Container>('GET', '/containers/web')
    expect(mounts.find(({ destination }) => destination === '/data')).toMatchObject({
      type: 'volume',
      name: 'data',
      source: 'data',
      rw: false,
      mode: expect.any(String),
      propagation: expect.any(String),
    })
    expect(mounts.find(({ destination }) => destination === '/tmp/x')).toMatchObject({ type: 'tmpfs', name: null })
  })

  it('of a read-only volume can not be written to', async () => {
    await runContainer(
      ann,
      withName('web'),
      withCmd('touch', '/data/x'),
      withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/data', readOnly: true }] }),
    )
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/web')).state.status === 'exited')
    expect((await ann.http.get('/containers/web/logs')).text).toContain('Read-only file system')
  })

  it('give each VOLUME of the image an ownership row, and its volume goes with volumes=true', async () => {
    const image = await imageWith(s, alpha, { Volumes: { '/data': {}, '/cache/': {} } })
    await runContainer(ann, withName('db'), withImage(image), withSpec({ mounts: [{ type: 'tmpfs', target: '/cache' }] }))
    const { items } = await ann.ok<Page<Volume>>('GET', '/volumes')
    expect(items).toMatchObject([{ team: alpha.name, anonymous: true, usedBy: ['db'] }])
    const { mounts } = await ann.ok<Container>('GET', '/containers/db')
    expect(mounts.find(({ destination }) => destination === '/data')).toMatchObject({ type: 'volume', name: items[0]!.name })
    expect((await ben.ok<Page<Volume>>('GET', '/volumes')).items).toEqual([])
    expect((await held()).sort()).toEqual(['container live', 'volume live'])
    await ann.http.delete('/containers/db?force=true&volumes=true').expect(204)
    expect((await ann.ok<Page<Volume>>('GET', '/volumes')).items).toEqual([])
    expect(await held()).toEqual([])
  })

  it('of a removed container stay without volumes=true, owned and visible', async () => {
    await runContainer(ann, withName('db'), withSpec({ mounts: [{ type: 'volume', target: '/data' }] }))
    await ann.http.delete('/containers/db?force=true').expect(204)
    const { items } = await ann.ok<Page<Volume>>('GET', '/volumes')
    expect(items).toMatchObject([{ anonymous: true, usedBy: [] }])
    await ann.http.delete(`/volumes/${items[0]!.name}`).expect(204)
  })

  it('come from another container of the team, which need not run', async () => {
    await runContainer(
      ann,
      withName('u1'),
      withCmd('sh', '-c', 'echo one > /a/f'),
      withSpec({
        mounts: [
          { type: 'volume', source: 'shared', target: '/a' },
          { type: 'volume', target: '/b' },
        ],
      }),
    )
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/u1')).state.status === 'exited')
    await runContainer(
      ann,
      withName('u2'),
      withCmd('sh', '-c', 'cat /a/f; touch /a/g && touch /b/g && echo written'),
      withSpec({ volumesFrom: ['u1'] }),
    )
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/u2')).state.status === 'exited')
    expect((await ann.http.get('/containers/u2/logs')).text).toBe('one\nwritten\n')
    await runContainer(ann, withName('u3'), withCmd('touch', '/a/h'), withSpec({ volumesFrom: ['u1:ro'] }))
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/u3')).state.status === 'exited')
    expect((await ann.http.get('/containers/u3/logs')).text).toContain('Read-only')
  })

  it("never come from another team's container", async () => {
    const theirs = await runContainer(ben, withName('u1'), withSpec({ mounts: [{ type: 'volume', source: 'shared', target: '/a' }] }))
    for (const ref of ['u1', theirs.id, theirs.id.slice(0, 12)])
      expect(await ann.fails('POST', '/containers', { image: BASE_IMAGE, volumesFrom: [ref] })).toMatchObject({
        status: 400,
        errors: [{ detail: 'no such container in the team' }],
      })
  })

  it("of a name that another team's volume has are a volume of one's own", async () => {
    await runContainer(
      ben,
      withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/d' }] }),
      withCmd('sh', '-c', 'echo theirs > /d/f; sleep 100'),
    )
    await runContainer(ann, withName('w'), withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/d' }] }), withCmd('ls', '/d'))
    await until('its end', async () => (await ann.ok<Container>('GET', '/containers/w')).state.status === 'exited')
    expect((await ann.http.get('/containers/w/logs')).text).toBe('')
  })

  it('of one new volume by several copies make one volume', async () => {
    await ann.ok('POST', '/containers', {
      image: BASE_IMAGE,
      name: 'c',
      count: 4,
      mounts: [{ type: 'volume', source: 'one', target: '/d' }],
    })
    expect((await ann.ok<Page<Volume>>('GET', '/volumes')).items).toMatchObject([{ name: 'one', usedBy: ['c-1', 'c-2', 'c-3', 'c-4'] }])
  })
})

it('pulls and makes volumes only for who may do that by itself', async () => {
  const narrow = await s.token(ann, ['containers.create', 'containers.read'])
  const spec = { image: BASE_IMAGE, command: ['sleep', '60'] }
  const volume = { mounts: [{ type: 'volume', source: `v-${Date.now()}`, target: '/data' }] }
  for (const more of [{ pull: 'always' }, { image: 'no/such:1' }, volume])
    expect(await narrow.fails('POST', '/containers', { ...spec, ...more })).toMatchObject({ status: 403, code: 'permission_denied' })
  expect(await narrow.fails('POST', '/containers', { ...spec, image: 'no/such:1', pull: 'never' })).toMatchObject({
    code: 'image_not_present',
  })
  await ann.ok('POST', '/containers', { ...spec, ...volume })
  for (const more of [{}, volume, { mounts: [{ type: 'volume', target: '/data' }] }])
    await narrow.ok('POST', '/containers', { ...spec, ...more })
})
