/**
 * The sweep on an engine of its own: in order after random creations and thousands of random requests, and not in order after
 * each thing that must never be.
 */
import fc from 'fast-check'
import { execFile } from 'node:child_process'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpCall } from '../../scripts/engine-call.js'
import { ROOT } from '../../scripts/setup.mjs'
import { ERRORS } from '../../src/common/errors.js'
import { pull } from '../adversarial/support/field.js'
import { GatewayProcess } from '../faults/support/gateway-process.js'
import { Actor } from '../support/actor.js'
import { bed, BASE_IMAGE } from '../support/bed.js'
import { assertDocumented } from '../support/contract.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { type RandomRequest, requests } from './support/requests.js'

const CREATES = Number(process.env['BERTH_TEST_CREATES'] ?? 60)
const REQUESTS = Number(process.env['BERTH_TEST_REQUESTS'] ?? 1_500)
const SEED = Number(process.env['BERTH_TEST_SEED'] ?? Date.now() % 2 ** 31)
const AT_ONCE = 6
const PASSWORD = 'a long enough password 1'

let engine: PrivateEngine
let gateway: GatewayProcess
let root: Actor
const people: Actor[] = []
const teams: { id: string; name: string }[] = []

beforeAll(async () => {
  engine = await bed().startEngine()
  // a login that fails must not lock out those that follow: each says another address
  gateway = await GatewayProcess.start({
    dockerHost: engine.dockerHost,
    env: { BERTH_TRUSTED_PROXIES: '127.0.0.1', BERTH_LOG_LEVEL: 'warn' },
  })
  root = await gateway.admin()
  await populate('plain', { profile: 'baseline' })
  await populate('strict', { profile: 'restricted' })
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
  await populate('loose', { profile: 'privileged', expiresAt, granted: { capabilities: ['NET_ADMIN'] } })
}, 120_000)
afterAll(async () => {
  await gateway?.stop()
  await engine?.purge()
})

/** A team with one of everything. */
async function populate(name: string, profile: object): Promise<void> {
  const team = await root.ok<{ id: string; name: string }>('POST', '/teams', { name })
  teams.push(team)
  await root.ok('PUT', `/teams/${name}/profile`, profile)
  const { id } = await root.ok<{ id: string }>('POST', '/users', { username: `${name}-dev`, password: PASSWORD })
  await root.ok('PUT', `/teams/${name}/members/${id}`, { role: 'maintainer' })
  const dev = await Actor.login(gateway.gateway, { username: `${name}-dev`, password: PASSWORD }, id)
  people.push(dev)
  await pull(dev, 'busybox:1')
  await dev.ok('POST', '/volumes', { name: 'data' })
  await dev.ok('POST', '/networks', { name: 'inner' })
  await dev.ok('POST', '/containers?start=true', {
    name: 'web',
    image: 'busybox:1',
    command: LIVES,
    ...(name === 'strict' && { user: '1000' }),
  })
}

/** Ends at once when it is told to. */
const LIVES = ['sh', '-c', 'trap exit TERM; while :; do sleep 0.2; done']

/** Runs the command as an operator would. */
function runSweep(...options: string[]): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env['PATH'], BERTH_DOCKER_HOST: engine.dockerHost, BERTH_DATA_DIR: gateway.dataDir }
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'dist/sweep/main.js'), ...options], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })
}

async function assertInOrder(...options: string[]): Promise<void> {
  const { code, output } = await runSweep(...options)
  expect(code, output).toBe(0)
  if (options.length === 0) console.log(output.split('\n')[0])
}

describe('random creations', () => {
  const some = <T>(...values: readonly T[]) => fc.constantFrom(...values)
  const BODY = fc.record(
    {
      command: some(['true'], LIVES, ['sh', '-c', 'exit 3']),
      entrypoint: some(['sh'], []),
      env: some(['A=b'], ['PATH=/bin'], []),
      tty: fc.boolean(),
      openStdin: fc.boolean(),
      user: some('0', '1000', '1000:1000', 'nobody', 'root'),
      workingDir: some('/', '/tmp', '/proc/self', '/app'),
      hostname: some('web', 'x-1'),
      labels: some({ a: 'b' }, { 'berth.uid': 'x' }, { 'com.docker.compose.project': 'x' }),
      ports: some<object[]>([{ container: 80 }], [{ container: 80, protocol: 'udp' }], [{ container: 80, host: 80 }], []),
      publishAll: fc.boolean(),
      mounts: fc.subarray<object>([
        { type: 'volume', source: 'data', target: '/data' },
        { type: 'volume', target: '/anonymous' },
        { type: 'volume', source: 'fresh', target: '/fresh', readOnly: true },
        { type: 'tmpfs', target: '/scratch' },
        { type: 'tmpfs', target: '/big', size: 600 * 1024 ** 2 },
        { type: 'bind', source: '/', target: '/host' },
      ]),
      volumesFrom: some(['web'], []),
      network: some('none', 'inner', 'default', 'host', 'bridge', 'container:web'),
      privileged: fc.boolean(),
      resources: some<object>({ memory: 64 * 1024 ** 2 }, { cpus: 0.5 }, { pids: 64 }, { memory: 1 }),
      restart: some<object>({ policy: 'no' }, { policy: 'on-failure', maxRetries: 3 }, { policy: 'unless-stopped' }, { policy: 'always' }),
      healthcheck: some<object>({ test: ['CMD', 'true'], interval: 5 }, { test: ['NONE'] }, { test: ['CMD', 'true'], interval: 0.1 }),
      autoRemove: fc.boolean(),
      stopTimeout: some(1, 120, 301),
      stopSignal: some('SIGTERM', 'SIGKILL'),
      count: some(1, 2),
    },
    { requiredKeys: [] },
  )
  // a few of them together: with all of them something is always wrong
  const FEW = fc
    .tuple(
      BODY,
      fc.subarray(
        [
          'command',
          'entrypoint',
          'env',
          'tty',
          'openStdin',
          'user',
          'workingDir',
          'hostname',
          'labels',
          'ports',
          'publishAll',
          'mounts',
          'volumesFrom',
          'network',
          'privileged',
          'resources',
          'restart',
          'healthcheck',
          'autoRemove',
          'stopTimeout',
          'stopSignal',
          'count',
        ],
        { maxLength: 4 },
      ),
    )
    .map(([body, keys]) => Object.fromEntries(Object.entries(body).filter(([key]) => keys.includes(key))))

  it('are each made as the profile says, or refused', async () => {
    const bodies = fc.sample(FEW, { numRuns: CREATES, seed: SEED })
    let [made, refused] = [0, 0]
    for (let at = 0; at < bodies.length; at += 3)
      await Promise.all(
        bodies.slice(at, at + 3).map(async (body, i) => {
          const dev = people[(at + i) % people.length]!
          const strict = dev.username.startsWith('strict') ? { user: '1000' } : {}
          const answer = await dev.http.post(`/containers${i === 0 ? '?start=true' : ''}`).send({ image: 'busybox:1', ...strict, ...body })
          if (answer.status === 201) made++
          else {
            expect([400, 403, 404, 409, 422, 429], answer.text).toContain(answer.status)
            refused++
          }
        }),
      )
    console.log(`creations with seed ${SEED}: ${made} made, ${refused} refused`)
    expect(made).toBeGreaterThan(CREATES / 4)
    await assertInOrder()
  }, 600_000)
})

describe('what was made under an earlier decision', () => {
  it('is in order, and is told', async () => {
    await populate('former', { profile: 'privileged', expiresAt: new Date(Date.now() + 86_400_000).toISOString() })
    const dev = people.pop()!
    const folder = mkdtempSync(join(tmpdir(), 'berth-export-'))
    try {
      await root.ok('POST', '/host-exports', { alias: 'shared', path: folder, readOnly: false, teams: ['former'] })
      const mounts = [{ type: 'bind', source: 'shared', target: '/shared' }]
      await dev.ok('POST', '/containers', { name: 'bound', image: 'busybox:1', mounts })
      await dev.ok('POST', '/containers', { name: 'mighty', image: 'busybox:1', privileged: true })
      await root.ok('PUT', '/teams/former/profile', { profile: 'restricted' })
      await root.ok('DELETE', '/host-exports/shared')
      const { code, output } = await runSweep('--once')
      expect(code, output).toBe(0)
      expect(output).toMatch(/note: \d+ are as their team was allowed to make them then/)
      expect((await dev.fails('POST', '/containers', { image: 'busybox:1', user: '1000', mounts })).code).toBe('policy_denied')
    } finally {
      await dev.ok('DELETE', '/containers/bound?force=true')
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('random requests', () => {
  it('never end in an error of ours, nor in a code that is not documented, and leave everything in order', async () => {
    const refs = await references()
    const all = fc.sample(requests(refs), { numRuns: REQUESTS, seed: SEED })
    const actors = [...people, root, new Actor(gateway.gateway, { username: 'anonymous', accessToken: null })]
    const tally = new Map<string, number>()
    const faults: string[] = []
    let next = 0
    const start = performance.now()
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < all.length && faults.length < 10) {
          const at = next++
          const actor = actors[at % actors.length]!
          const fault = await ask(all[at]!, actor, at, tally)
          if (fault)
            faults.push(`${at} ${actor.username}: ${all[at]!.method} ${all[at]!.path} ${all[at]!.body?.slice(0, 400) ?? ''}: ${fault}`)
        }
      }),
    )
    const top = [...tally].toSorted((a, b) => b[1] - a[1])
    console.log(
      `${next} requests in ${Math.round((performance.now() - start) / 1000)} s with seed ${SEED}: ${top.map(([what, n]) => `${what} ${n}`).join(', ')}`,
    )
    expect(faults).toEqual([])
    expect(gateway.isRunning).toBe(true)
    expect(gateway.output).not.toMatch(/unhandled|uncaught/i)
    await assertInOrder()
  }, 3_600_000)
})

/** What there is, by the noun of its routes. */
async function references(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {
    teams: ['plain', 'strict', 'loose', teams[0]!.id],
    roles: ['viewer', 'developer'],
    users: ['nobody'],
    library: ['busybox:1'],
    containers: ['web'],
    images: ['busybox:1'],
    volumes: ['data', 'fresh'],
    networks: ['inner', 'default'],
  }
  for (const noun of ['containers', 'images', 'volumes', 'networks', 'jobs', 'registries', 'service-accounts'])
    for (const { id, name } of (await root.ok<{ items: { id?: string; name?: string }[] }>('GET', `/${noun}?limit=5`)).items)
      (found[noun] ??= []).push(...[id, name].filter((ref) => ref !== undefined))
  return found
}

/** Sends it; answers what is wrong with the answer. */
async function ask(
  { method, path, body, type }: RandomRequest,
  actor: Actor,
  at: number,
  tally: Map<string, number>,
): Promise<string | null> {
  const url = new URL(gateway.url)
  const bytes = body === undefined ? undefined : Buffer.from(body, /json/.test(type) ? 'utf8' : 'latin1')
  const headers = {
    'x-forwarded-for': `203.0.${(at >> 8) & 255}.${at & 255}`,
    ...(actor.accessToken !== null && { authorization: `Bearer ${actor.accessToken}` }),
    ...(bytes && { 'content-type': type === '*/*' ? 'application/octet-stream' : type, 'content-length': bytes.length }),
  }
  const answer = await httpCall({ host: url.hostname, port: url.port, method, path, headers, timeout: 20_000 }, bytes).catch(
    (error: unknown) => error as Error,
  )
  if (answer instanceof Error) return `no answer: ${answer.message}`
  const contentType = String(answer.headers['content-type'] ?? '')
  const text = answer.body.toString('utf8')
  const parsed = /[/+]json/.test(contentType) && text !== '' ? (JSON.parse(text) as { code?: string }) : text
  const code = typeof parsed === 'object' ? parsed.code : undefined
  const what = answer.status >= 400 ? `${answer.status} ${code ?? '-'}` : String(answer.status)
  tally.set(what, (tally.get(what) ?? 0) + 1)
  if (answer.status === 500 || (answer.status > 500 && !/^(registry|pull|search)_/.test(code ?? ''))) return text.slice(0, 300)
  if (answer.status >= 400 && method !== 'HEAD' && !(String(code).toUpperCase() in ERRORS)) return `the code ${code} is in no catalogue`
  // of which there is nothing but the head
  if (method === 'HEAD' && answer.status >= 400) return null
  try {
    assertDocumented({
      method,
      path,
      status: answer.status,
      contentType,
      body: parsed,
      requestId: (answer.headers['x-request-id'] as string | undefined) ?? null,
    })
    return null
  } catch (error) {
    return (error as Error).message.slice(0, 600)
  }
}

describe('what must never be', () => {
  let db: SqliteDatabase.Database
  let key = ''
  beforeAll(async () => {
    // of the others who knows what is left
    await populate('victim', { profile: 'baseline' })
    await populate('other', { profile: 'baseline' })
    teams.splice(0, teams.length - 2)
    // nobody mends it meanwhile, and the database can be written to
    await gateway.terminate()
    db = new SqliteDatabase(join(gateway.dataDir, 'berth.db'))
    key = (db.prepare(`select value from settings where key = 'witness_key'`).get() as { value: string }).value
  })
  afterAll(() => db?.close())

  interface Row {
    readonly uid: string
    readonly engine_id: string
    readonly team_id: string
  }
  const web = (): Row =>
    db
      .prepare(`select * from ownership where kind = 'container' and state = 'live' and name = 'web' and team_id = ?`)
      .get(teams[0]!.id) as Row
  const call = (method: string, path: string, body?: unknown) => engineCall(engine.socketPath, method, path, body)

  /** A container with a row and a true witness: as if admission had let it through. */
  async function planted(spec: object): Promise<() => Promise<void>> {
    const [uid, team] = [randomUUID(), teams[0]!]
    const witness = createHmac('sha256', Buffer.from(key, 'base64')).update(`container|${uid}|${team.id}`).digest('base64url')
    const name = `bad${uid.slice(0, 6)}`
    const { Id } = await engineJson<{ Id: string }>(engine.socketPath, 'POST', `/containers/create?name=${team.name}--${name}`, {
      Image: BASE_IMAGE,
      Cmd: ['true'],
      Labels: { 'berth.uid': uid, 'berth.witness': witness },
      ...spec,
    })
    const columns = {
      uid,
      kind: 'container',
      team_id: team.id,
      name,
      engine_id: Id,
      witness: 'label',
      state: 'live',
      created_at: new Date().toISOString(),
      holds_name: 1,
    }
    db.prepare(
      `insert into ownership (${Object.keys(columns).join()}) values (${Object.keys(columns)
        .map(() => '?')
        .join()})`,
    ).run(...Object.values(columns))
    return async () => {
      db.prepare('delete from ownership where uid = ?').run(uid)
      await call('DELETE', `/containers/${Id}?force=true`)
    }
  }

  const SPECS: readonly [what: string, spec: object, told: RegExp][] = [
    ['privileged', { HostConfig: { Privileged: true } }, /HostConfig\.Privileged/],
    ['a bind mount of the host', { HostConfig: { Binds: ['/etc:/host'] } }, /HostConfig\.Binds[\s\S]*the bind \/etc/],
    [
      'a mount of the host',
      { HostConfig: { Mounts: [{ Type: 'bind', Source: '/etc', Target: '/host' }] } },
      /HostConfig\.Mounts: the host folder \/etc/,
    ],
    ['the network of the host', { HostConfig: { NetworkMode: 'host' } }, /HostConfig\.NetworkMode[\s\S]*the network host/],
    ["the engine's own bridge", {}, /the network bridge that it is on/],
    ['the processes of the host', { HostConfig: { PidMode: 'host' } }, /HostConfig\.PidMode/],
    ['a capability', { HostConfig: { CapAdd: ['SYS_ADMIN'] } }, /HostConfig\.CapAdd: SYS_ADMIN/],
    ['nothing unmasked', { HostConfig: { MaskedPaths: [], ReadonlyPaths: [] } }, /HostConfig\.MaskedPaths[\s\S]*HostConfig\.ReadonlyPaths/],
    [
      'seccomp off',
      { HostConfig: { SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] } },
      /HostConfig\.SecurityOpt: seccomp=unconfined/,
    ],
    ['new privileges', {}, /no-new-privileges is missing/],
    [
      'a device',
      { HostConfig: { Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }] } },
      /HostConfig\.Devices/,
    ],
    ['no bounds', {}, /memory without a bound[\s\S]*processes without a bound/],
    [
      'a volume of another team',
      { HostConfig: { Mounts: [{ Type: 'volume', Source: 'other--data', Target: '/x' }] } },
      /the volume other--data is not the team's/,
    ],
  ]
  it.each(SPECS)('%s is found', async (_, spec, told) => {
    const end = await planted(spec)
    try {
      const { code, output } = await runSweep('--once')
      expect(code, output).toBe(1)
      expect(output).toMatch(told)
    } finally {
      await end()
    }
  })

  const TAMPERED: readonly [what: string, tamper: () => Promise<() => unknown>, told: RegExp][] = [
    [
      'a container that says it is ours, and has no row',
      async () => {
        const { Id } = await engineJson<{ Id: string }>(engine.socketPath, 'POST', '/containers/create', {
          Image: BASE_IMAGE,
          Cmd: ['true'],
          Labels: { 'berth.uid': randomUUID() },
        })
        return () => call('DELETE', `/containers/${Id}`)
      },
      /is in quarantine/,
    ],
    [
      'a row without an object',
      () => {
        const uid = randomUUID()
        db.prepare(
          `insert into ownership (uid, kind, team_id, name, engine_id, witness, state, created_at, holds_name) values (?, 'volume', ?, 'ghost', 'victim--ghost', 'label', 'live', '2026', 1)`,
        ).run(uid, teams[0]!.id)
        return Promise.resolve(() => db.prepare('delete from ownership where uid = ?').run(uid))
      },
      /the row of volume ghost of team victim stands for nothing/,
    ],
    [
      'a row that went to another team',
      () => {
        const { uid, team_id: team } = web()
        db.prepare(`update ownership set team_id = ?, name = 'stolen' where uid = ?`).run(teams[1]!.id, uid)
        return Promise.resolve(() => db.prepare(`update ownership set team_id = ?, name = 'web' where uid = ?`).run(team, uid))
      },
      /its witness proves nothing/,
    ],
    [
      'a container that was put on a network of another team',
      async () => {
        const networks = await engineJson<{ Id: string; Name: string }[]>(engine.socketPath, 'GET', '/networks')
        const network = networks.find(({ Name }) => Name === 'other--inner')
        await call('POST', `/networks/${network!.Id}/connect`, { Container: web().engine_id })
        return () => call('POST', `/networks/${network!.Id}/disconnect`, { Container: web().engine_id, Force: true })
      },
      /the network other--inner that it is on is not the team's/,
    ],
    [
      'a limit that was lifted beside the gateway',
      async () => {
        const before = await engineJson<{ HostConfig: { PidsLimit: number } }>(
          engine.socketPath,
          'GET',
          `/containers/${web().engine_id}/json`,
        )
        await call('POST', `/containers/${web().engine_id}/update`, { PidsLimit: -1 })
        return () => call('POST', `/containers/${web().engine_id}/update`, { PidsLimit: before.HostConfig.PidsLimit })
      },
      /HostConfig\.PidsLimit: processes without a bound/,
    ],
    [
      'a holding tag that nobody holds',
      async () => {
        await call('POST', `/images/${BASE_IMAGE}/tag?repo=berth.invalid/${teams[0]!.id}/${'a'.repeat(64)}&tag=h`)
        return () => call('DELETE', `/images/berth.invalid/${teams[0]!.id}/${'a'.repeat(64)}:h`)
      },
      /stands for no reference of a team/,
    ],
    [
      'a reference whose content nothing holds',
      async () => {
        const tag = `berth.invalid/${teams[0]!.id}/${createHash('sha256').update('docker.io/library/busybox:1').digest('hex')}`
        const { Id } = await engineJson<{ Id: string }>(engine.socketPath, 'GET', `/images/${tag}:h/json`)
        await call('DELETE', `/images/${tag}:h`)
        return () => call('POST', `/images/${Id}/tag?repo=${tag}&tag=h`)
      },
      /docker\.io\/library\/busybox:1 has no tag that holds its content/,
    ],
    [
      'a volume that is a folder of the host',
      async () => {
        const uid = randomUUID()
        const witness = createHmac('sha256', Buffer.from(key, 'base64')).update(`volume|${uid}|${teams[0]!.id}`).digest('base64url')
        await call('POST', '/volumes/create', {
          Name: 'victim--host',
          Driver: 'local',
          DriverOpts: { type: 'none', o: 'bind', device: '/etc' },
          Labels: { 'berth.uid': uid, 'berth.witness': witness },
        })
        db.prepare(
          `insert into ownership (uid, kind, team_id, name, engine_id, witness, state, created_at, holds_name) values (?, 'volume', ?, 'host', 'victim--host', 'label', 'live', '2026', 1)`,
        ).run(uid, teams[0]!.id)
        return async () => {
          db.prepare('delete from ownership where uid = ?').run(uid)
          await call('DELETE', '/volumes/victim--host')
        }
      },
      /volume victim--host: its driver is not local, or has options/,
    ],
  ]
  it.each(TAMPERED)('%s is found', async (_, tamper, told) => {
    const end = await tamper()
    try {
      const { code, output } = await runSweep('--once')
      expect(code, output).toBe(1)
      expect(output).toMatch(told)
    } finally {
      await end()
    }
  })

  it("what the operator makes beside the gateway is nobody's, and in order", async () => {
    const { Id } = await engineJson<{ Id: string }>(engine.socketPath, 'POST', '/containers/create', {
      Image: BASE_IMAGE,
      Cmd: ['true'],
      HostConfig: { Privileged: true },
    })
    const { code, output } = await runSweep('--once')
    await call('DELETE', `/containers/${Id}`)
    expect(code, output).toBe(0)
    expect(output).toMatch(/note: \d+ belong to nobody/)
  })
})

it('says that it could not look, and ends with 2, where there is no engine', async () => {
  const env = { PATH: process.env['PATH'], BERTH_DOCKER_HOST: 'unix:///nowhere/d.sock', BERTH_DATA_DIR: gateway.dataDir }
  const code = await new Promise((resolve) =>
    execFile(process.execPath, [join(ROOT, 'dist/sweep/main.js')], { env }, (error) => resolve(error?.code)),
  )
  expect(code).toBe(2)
})
