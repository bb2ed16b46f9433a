import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OwnedTarget, Quota } from '../../src/access/index.js'
import { AppError, type ErrorCode } from '../../src/common/errors.js'
import type { QuotaLimits } from '../../src/common/quota.js'
import type { Database } from '../../src/store/database.js'
import { JobStore } from '../../src/store/jobs.store.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { QuotaStore } from '../../src/store/quota.store.js'
import type { JobsTable, OwnershipTable } from '../../src/store/schema.js'
import { TeamStore } from '../../src/store/teams.store.js'
import { AT, aRow, aTeam, fresh, KINDS, LATER, type Opened } from '../store/support/databases.js'

describe.each(KINDS)('quotas on the %s database', (kind) => {
  let opened: Opened
  let db: Database
  let quotas: QuotaStore
  let ownership: OwnershipStore
  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
    quotas = new QuotaStore(db)
    ownership = new OwnershipStore(db)
  })
  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  async function team(limits: QuotaLimits): Promise<string> {
    const row = aTeam()
    await new TeamStore(db).insert(row)
    await quotas.setLimits(row.id, limits)
    return row.id
  }

  /** What came of each: how many were let through, and what the others were told. */
  async function outcome(work: readonly Promise<unknown>[]): Promise<{ done: number; codes: string[] }> {
    const settled = await Promise.allSettled(work)
    const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as { code: string }] : []))
    return { done: settled.length - errors.length, codes: [...new Set(errors.map(({ code }) => code))] }
  }

  async function container(teamId: string, change: Partial<OwnershipTable> = {}): Promise<string> {
    const row = aRow(teamId, { state: 'live', engine_id: randomUUID(), lease_until: null, ...change })
    await ownership.insert(row)
    return row.uid
  }

  const wants = { memory: 100, cpus: 0.5, pids: 10, ports: 1 }

  it('keep the larger of both while it is not known what the engine did', async () => {
    const teamId = await team({ memory: 200 })
    const uid = await container(teamId)
    await quotas.reserve({ uid, teamId }, wants)
    const quota = new Quota(quotas, {} as never, {} as never)
    const target = { uid, team: { id: teamId } } as OwnedTarget<'container'>
    const resize = (memory: number, work: () => Promise<unknown>) =>
      quota.resized(target, { memory }, work).catch((error: unknown) => error)
    const fails = (code: ErrorCode) => () => Promise.reject(new AppError(code))
    const has = async () => (await quotas.reserved(uid))?.memory
    for (const [memory, code, left] of [
      [150, 'CONFLICT', 100],
      [50, 'CONFLICT', 100],
      [150, 'ENGINE_TIMEOUT', 150],
      [50, 'ENGINE_UNAVAILABLE', 150],
    ] as const) {
      expect(await resize(memory, fails(code))).toMatchObject({ code })
      expect(await has(), code).toBe(left)
    }
    expect(await resize(201, () => Promise.resolve())).toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await resize(50, () => Promise.resolve())
    expect(await has()).toBe(50)
  })

  it('let go of what a container gives up, whatever the limit has become', async () => {
    const teamId = await team({ memory: 200 })
    const uid = await container(teamId)
    await quotas.reserve({ uid, teamId }, wants)
    await new Quota(quotas, {} as never, {} as never).resized(
      { uid, team: { id: teamId } } as OwnedTarget<'container'>,
      { memory: 60 },
      () => quotas.setLimits(teamId, { memory: 10 }),
    )
    expect((await quotas.reserved(uid))?.memory).toBe(60)
  })

  it.each([
    ['containers', 'container'],
    ['volumes', 'volume'],
    ['networks', 'network'],
  ] as const)('let exactly as many %s be made as there may be, whoever asks at once', async (resource, kindOf) => {
    const [alpha, other] = [await team({ [resource]: 10 }), await team({})]
    const all = Array.from({ length: 50 }, () => ownership.insert(aRow(alpha, { kind: kindOf })))
    const elsewhere = Array.from({ length: 20 }, () => ownership.insert(aRow(other, { kind: kindOf })))
    expect(await outcome(all)).toEqual({ done: 10, codes: ['QUOTA_EXCEEDED'] })
    expect(await outcome(elsewhere)).toEqual({ done: 20, codes: [] })
    expect((await quotas.use(alpha))[resource]).toBe(10)
  })

  it('count what is pending, and nothing of what ended', async () => {
    const alpha = await team({ containers: 2 })
    const [first, second] = [aRow(alpha), aRow(alpha)]
    await ownership.insert(first)
    await ownership.insert(second)
    await expect(ownership.insert(aRow(alpha))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { resource: 'containers', used: 2, limit: 2 },
    })
    // as the reconciler does with what a crash left
    await ownership.end(first.uid)
    await ownership.insert(aRow(alpha))
  })

  it('are shared by what containers want, and given back with them', async () => {
    const alpha = await team({ memory: 1_000, cpus: 100, pids: 1_000, ports: 100 })
    const uids = await Promise.all(Array.from({ length: 20 }, () => container(alpha)))
    const work = uids.map((uid) => quotas.reserve({ uid, teamId: alpha }, wants))
    expect(await outcome(work)).toEqual({ done: 10, codes: ['QUOTA_EXCEEDED'] })
    expect(await quotas.use(alpha)).toMatchObject({ memory: 1_000, cpus: 5, pids: 100, ports: 10 })
    const holder = uids[(await Promise.all(uids.map((uid) => quotas.reserved(uid)))).findIndex((each) => each !== null)]!
    await ownership.end(holder)
    await quotas.reserve({ uid: await container(alpha), teamId: alpha }, wants)
    expect(await quotas.use(alpha)).toMatchObject({ memory: 1_000, containers: 20 })
  })

  it.each(['memory', 'cpus', 'pids', 'ports'] as const)('refuse a container for its %s alone, and say what is used', async (resource) => {
    const alpha = await team({ [resource]: wants[resource] * 1.5 })
    await quotas.reserve({ uid: await container(alpha), teamId: alpha }, wants)
    await expect(quotas.reserve({ uid: await container(alpha), teamId: alpha }, wants)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { resource, used: wants[resource], limit: wants[resource] * 1.5, wanted: wants[resource] },
    })
  })

  it('count a container once, whatever it had before', async () => {
    const alpha = await team({ memory: 150 })
    const uid = await container(alpha)
    await quotas.reserve({ uid, teamId: alpha }, wants)
    await quotas.reserve({ uid, teamId: alpha }, { ...wants, memory: 150 })
    await expect(quotas.reserve({ uid, teamId: alpha }, { ...wants, memory: 151 })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    expect(await quotas.reserved(uid)).toEqual({ ...wants, memory: 150 })
  })

  it('let exactly as many run as may, and see those that stopped', async () => {
    const alpha = await team({ running: 10 })
    const uids = await Promise.all(Array.from({ length: 50 }, () => container(alpha)))
    const soon = new Date(Date.now() + 60_000).toISOString()
    const work = uids.map((uid) => quotas.starting({ uid, teamId: alpha }, soon))
    expect(await outcome(work)).toEqual({ done: 10, codes: ['QUOTA_EXCEEDED'] })
    const rows = await db.selectFrom('container_use').selectAll().where('running', '=', 1).where('uid', 'in', uids).execute()
    const [one, two] = rows.map(({ uid }) => uid) as [string, string]
    const engineId = async (uid: string) => (await ownership.byUid(uid))!.engine_id!
    // what is being started is not stopped by an older look of the inventory
    await quotas.observe([await engineId(one), await engineId(two)], false)
    expect((await quotas.use(alpha)).running).toBe(10)
    await quotas.started(one, true)
    await quotas.started(two, false)
    expect((await quotas.use(alpha)).running).toBe(9)
    await quotas.observe([await engineId(one)], false)
    expect((await quotas.use(alpha)).running).toBe(8)
    await quotas.observe([await engineId(one)], true)
    expect((await quotas.use(alpha)).running).toBe(9)
    // again: it runs already
    await quotas.starting({ uid: one, teamId: alpha }, soon)
    // a start that a crash cut off: its time is over
    await db.updateTable('container_use').set({ starting_until: AT }).where('running', '=', 1).execute()
    await quotas.observe(await Promise.all(uids.map(engineId)), false)
    expect((await quotas.use(alpha)).running).toBe(0)
  })

  it('let exactly as many jobs run as may', async () => {
    const alpha = await team({ jobs: 3 })
    const jobs = new JobStore(db)
    const job = (): JobsTable => ({
      id: randomUUID(),
      kind: 'k',
      operation: 'X',
      team_id: alpha,
      creator_id: 'u',
      state: 'running',
      subject: '{}',
      progress: '[]',
      result: null,
      error: null,
      request_id: 'r',
      process_id: 'p',
      created_at: AT,
      ended_at: null,
    })
    const all = Array.from({ length: 20 }, job)
    expect(await outcome(all.map((each) => jobs.insert(each)))).toEqual({ done: 3, codes: ['QUOTA_EXCEEDED'] })
    const running = await db.selectFrom('jobs').select('id').where('team_id', '=', alpha).execute()
    await jobs.end(running[0]!.id, { state: 'failed', ended_at: LATER })
    await jobs.insert(job())
  })

  it('of less than is used take nothing away', async () => {
    const alpha = await team({})
    await ownership.insert(aRow(alpha))
    await quotas.setLimits(alpha, { containers: 0 })
    expect(await quotas.use(alpha)).toMatchObject({ containers: 1 })
    await expect(ownership.insert(aRow(alpha))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await quotas.setLimits(alpha, {})
    await ownership.insert(aRow(alpha))
  })
})
