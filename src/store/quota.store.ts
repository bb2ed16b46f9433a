import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import type { ContainerWants, QuotaLimits, QuotaUse } from '../common/quota.js'
import { Database } from './database.js'
import { Locks } from './locks.js'
import { assertRoomForContainer, assertRoomToRun, containerUse, countJobs, countObjects, limitsOf } from './quota-room.js'
import { lockTeam } from './team-lock.js'

/** What the rows of a team say of its use; what only a process or the engine knows is not among it. */
export type StoredUse = Omit<QuotaUse, 'imageBytes' | 'execs' | 'streams'>

/** A container of a team, by its ownership row. */
export interface ContainerOfTeam {
  readonly uid: string
  readonly teamId: string
}

/** Limits of teams, and the reservations of their containers. */
@Injectable()
export class QuotaStore {
  private readonly locks: Locks

  constructor(private readonly db: Database) {
    this.locks = new Locks(db)
  }

  limits(teamId: string): Promise<QuotaLimits> {
    return this.db.transaction().execute((tx) => limitsOf(tx, teamId))
  }

  /** @throws AppError NOT_FOUND when the team is gone */
  async setLimits(teamId: string, limits: QuotaLimits): Promise<void> {
    const row = { team_id: teamId, limits: JSON.stringify(limits) }
    await this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, teamId)
      await tx
        .insertInto('quotas')
        .values(row)
        .onConflict((c) => c.column('team_id').doUpdateSet({ limits: row.limits }))
        .execute()
    })
  }

  /** All of it at one moment. */
  use(teamId: string): Promise<StoredUse> {
    return this.db.transaction().execute(async (tx) => ({
      containers: await countObjects(tx, teamId, 'container'),
      volumes: await countObjects(tx, teamId, 'volume'),
      networks: await countObjects(tx, teamId, 'network'),
      jobs: await countJobs(tx, teamId),
      ...(await containerUse(tx, teamId, null)),
    }))
  }

  /** Takes what the container wants, in place of what it had. @throws AppError QUOTA_EXCEEDED, NOT_FOUND when the team is gone */
  async reserve({ uid, teamId }: ContainerOfTeam, { memory, cpus, pids, ports }: ContainerWants): Promise<void> {
    const has = { memory, nano_cpus: Math.round(cpus * 1e9), pids, ports }
    await this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, teamId)
      await assertRoomForContainer(tx, teamId, uid, { memory, cpus, pids, ports })
      await tx
        .insertInto('container_use')
        .values({ uid, ...has, running: 0, starting_until: null })
        .onConflict((c) => c.column('uid').doUpdateSet(has))
        .execute()
    })
  }

  /** What is reserved for a container; null for one that was made before there were quotas. */
  async reserved(uid: string): Promise<ContainerWants | null> {
    const row = await this.db.selectFrom('container_use').selectAll().where('uid', '=', uid).executeTakeFirst()
    return row ? { memory: row.memory, cpus: row.nano_cpus / 1e9, pids: row.pids, ports: row.ports } : null
  }

  /** What the container has now, without a look at the limits: it has it already. */
  async settle(uid: string, { memory, cpus, pids, ports }: ContainerWants): Promise<void> {
    const has = { memory, nano_cpus: Math.round(cpus * 1e9), pids, ports }
    await this.db.updateTable('container_use').set(has).where('uid', '=', uid).execute()
  }

  /** Changes of one container's reservation, one after the other. */
  oneResize<T>(uid: string, work: () => Promise<T>): Promise<T> {
    return this.locks.hold(`resize ${uid}`, work)
  }

  /** From now on it counts as running, and for a while whatever the engine says. @throws AppError QUOTA_EXCEEDED, NOT_FOUND */
  async starting({ uid, teamId }: ContainerOfTeam, until: string): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, teamId)
      await assertRoomToRun(tx, teamId, uid)
      await tx
        .insertInto('container_use')
        .values({ uid, memory: 0, nano_cpus: 0, pids: 0, ports: 0, running: 1, starting_until: until })
        .onConflict((c) => c.column('uid').doUpdateSet({ running: 1, starting_until: until }))
        .execute()
    })
  }

  /** The start is over, and this is what came of it. */
  async started(uid: string, running: boolean): Promise<void> {
    await this.db
      .updateTable('container_use')
      .set({ running: running ? 1 : 0, starting_until: null })
      .where('uid', '=', uid)
      .execute()
  }

  /** What the engine says of containers, by their engine ids; those that are being started are left alone. */
  async observe(engineIds: readonly string[], running: boolean): Promise<void> {
    for (let at = 0; at < engineIds.length; at += 500) {
      const uids = this.db
        .selectFrom('ownership')
        .select('uid')
        .where('kind', '=', 'container')
        .where('holds_name', '=', 1)
        .where('engine_id', 'in', engineIds.slice(at, at + 500))
      await this.db
        .updateTable('container_use')
        .set({ running: running ? 1 : 0, starting_until: null })
        .where('uid', 'in', uids)
        .where('running', '=', running ? 0 : 1)
        .where((eb) => eb.or([eb('starting_until', 'is', null), eb('starting_until', '<', nowIso())]))
        .execute()
    }
  }
}
