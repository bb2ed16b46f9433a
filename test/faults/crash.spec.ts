import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nowIso } from '../../src/common/clock.js'
import { openDatabase } from '../../src/store/database.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { until } from '../support/private-host.js'
import type { Actor } from '../support/scenario.js'
import { GatewayProcess } from './support/gateway-process.js'

const COPIES = 30

let host: PrivateEngine
let gateway: GatewayProcess
let admin: Actor
let team: { id: string; name: string }

beforeAll(async () => {
  // its own: what the engine still does when its caller is killed would be left on the bed's
  host = await bed().startEngine()
  gateway = await GatewayProcess.start({ dockerHost: host.dockerHost })
  admin = await gateway.admin()
  team = await admin.ok('POST', '/teams', { name: `crash-${randomBytes(3).toString('hex')}` })
  await until('the pull', 30_000, async () => {
    const job = await admin.ok<{ id: string }>('POST', '/images/pull', { reference: 'busybox:1', team: team.name })
    return ended(job.id).then(({ state }) => state === 'succeeded')
  })
}, 60_000)

afterAll(async () => {
  await gateway?.stop()
  await host?.purge()
})

async function containersOnEngine(): Promise<{ Id: string; Names: string[] }[]> {
  const all = await engineJson<{ Id: string; Names: string[] }[]>(host.socketPath, 'GET', '/containers/json?all=true')
  return all.filter(({ Names }) => Names.some((name) => name.startsWith(`/${team.name}--`)))
}

async function ended(id: string): Promise<{ state: string }> {
  let job = { state: 'running' }
  await until('the end of the job', 30_000, async () => (job = await admin.ok(`GET`, `/jobs/${id}`)).state !== 'running')
  return job
}

async function listed(): Promise<{ id: string; name: string }[]> {
  return (await admin.ok<{ items: { id: string; name: string }[] }>('GET', `/containers?all=true&team=${team.name}&limit=1000`)).items
}

/** As if the minute of their leases were over. */
async function endLeases(): Promise<number> {
  const db = await openDatabase({ dataDir: gateway.dataDir })
  const done = await db
    .updateTable('ownership')
    .set({ lease_until: nowIso(-1) })
    .where('state', '=', 'pending')
    .executeTakeFirst()
  await db.destroy()
  return Number(done.numUpdatedRows)
}

describe('a gateway that is killed in the middle of its work', () => {
  it('is in order after its next start', async () => {
    const pull = await admin.ok<{ id: string }>('POST', '/images/pull', { reference: 'random:20m', team: team.name })
    let answered = 0
    let enough: () => void
    const some = new Promise<void>((done) => (enough = done))
    const creates = Array.from({ length: COPIES }, async (_, i) => {
      const request = fetch(`${gateway.url}/api/v1/containers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin.accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ image: 'busybox:1', name: `c${i}`, team: team.name }),
      })
      const answer = await request.catch(() => null)
      if (answer && ++answered === 5) enough!()
      return answer?.status === 201 ? `c${i}` : null
    })
    await some
    await gateway.kill()
    const promised = (await Promise.all(creates)).filter((name) => name !== null)
    expect(promised.length).toBeGreaterThanOrEqual(5)
    expect(promised.length, 'the kill came in the middle').toBeLessThan(COPIES)
    await endLeases()

    await gateway.start()
    admin = await gateway.admin()
    await until('all containers to be owned', 30_000, async () => {
      const [mine, real] = await Promise.all([listed(), containersOnEngine()])
      return mine.length === real.length && mine.every(({ id }) => real.some(({ Id }) => Id === id))
    })
    const names = (await listed()).map(({ name }) => name)
    // what was answered for is there, and nothing of ours belongs to nobody
    expect(names).toEqual(expect.arrayContaining(promised))
    const unowned = await admin.ok<{ items: { name: string }[] }>('GET', '/unowned?limit=1000')
    expect(unowned.items.filter(({ name }) => name.startsWith(`${team.name}--`))).toEqual([])
    // no row without an object: every name that is not listed can be taken
    for (let i = 0; i < COPIES; i++) {
      if (!names.includes(`c${i}`))
        await until(
          `the name c${i}`,
          30_000,
          async () => (await admin.http.post('/containers').send({ image: 'busybox:1', name: `c${i}`, team: team.name })).status === 201,
        )
    }
    expect((await listed()).length).toBe(COPIES)

    expect((await admin.ok<{ state: string }>('GET', `/jobs/${pull.id}`)).state).toMatch(/^(interrupted|succeeded)$/)
    await everyIntentHasItsOutcome()
  }, 120_000)

  it('interrupts its jobs and says so', async () => {
    const reference = await bed().uniqueImage({ files: Array.from({ length: 3 }, (_, i) => ({ [`f${i}`]: randomBytes(8 << 20) })) })
    const { id } = await admin.ok<{ id: string }>('POST', '/images/pull', { reference, team: team.name })
    await gateway.kill()
    await gateway.start()
    admin = await gateway.admin()
    expect((await admin.ok<{ state: string }>('GET', `/jobs/${id}`)).state).toBe('interrupted')
    await everyIntentHasItsOutcome()
    const unknown = await admin.ok<{ items: { result: string }[] }>('GET', '/audit?operation=ImageCreate&phase=outcome')
    expect(unknown.items.map(({ result }) => result)).toContain('unknown')
  }, 60_000)

  it('does not do again what it may have done, and says that it is not known', async () => {
    const spec = { image: 'busybox:1', command: ['sleep', '600'], name: 'once', team: team.name }
    await admin.ok('POST', '/containers?start=true', spec)
    const stop = (key: string, timeout: number) =>
      admin.http.post(`/containers/once/stop?timeout=${timeout}&team=${team.name}`).set('idempotency-key', key)
    const first = stop('k1', 20).then(
      ({ status }) => status,
      () => null,
    )
    await delay(500)
    const meanwhile = await stop('k1', 20).expect(409)
    expect(meanwhile.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('is not over') })
    await gateway.kill()
    expect(await first).toBeNull()
    await gateway.start()
    admin = await gateway.admin()
    const again = await stop('k1', 20).expect(409)
    expect(again.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('not known whether it was done') })
    expect(again.headers).not.toHaveProperty('retry-after')
    await until('the stop with a new key', 30_000, async () => (await stop('k2', 0)).status < 300)
    await everyIntentHasItsOutcome()
  }, 60_000)
})

async function everyIntentHasItsOutcome(): Promise<void> {
  const read = async (phase: string) =>
    (await admin.ok<{ items: { requestId: string; operation: string }[] }>('GET', `/audit?phase=${phase}&limit=1000`)).items
  await until('an outcome for every intent', 15_000, async () => {
    const done = new Set((await read('outcome')).map(({ requestId }) => requestId))
    return (await read('intent')).every(({ requestId }) => done.has(requestId))
  })
}

describe('a second gateway on the same data directory', () => {
  it('is refused with a text that says what to do', async () => {
    await using second = await GatewayProcess.prepare({ dataDir: gateway.dataDir })
    const { code, output } = await second.runToEnd()
    expect(code).toBe(1)
    expect(output.trim()).toBe(`another gateway runs on ${gateway.dataDir}: stop it, or give this one another BERTH_DATA_DIR`)
    await admin.ok('GET', '/me')
  })
})
