import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { Database, isUniqueViolation } from './database.js'
import { assertRoomForObject } from './quota-room.js'
import { lockTeam } from './team-lock.js'
import type { OwnedKind, OwnershipRow, OwnershipTable } from './schema.js'

/** What may narrow a lookup: nothing outside these teams is ever found. */
export interface VisibleTeams {
  readonly teamIds: readonly string[]
}

/** Rows of who owns what. Visibility is an argument of every lookup that a client's reference goes into. */
@Injectable()
export class OwnershipStore {
  /** Rises with every write of this process, before it is answered: what was read under the same number is still so. */
  revision = 0
  private readonly listeners = new Set<() => void>()

  constructor(private readonly db: Database) {}

  /** Hears of every write of this process. Returns the way to stop listening. */
  onWrite(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Rows may be different from what was read: by a write of ours, or by one of another process that we were told of. */
  wrote(): void {
    this.revision++
    for (const listener of this.listeners) listener()
  }

  /** The live row with this exact name in each of the teams; more than one team may have one. */
  byName(kind: OwnedKind, name: string, visible: VisibleTeams): Promise<OwnershipRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.live(kind).where('name', '=', name).where('team_id', 'in', visible.teamIds).execute()
  }

  /** Live rows whose engine id starts with the hex digits. At most two are read: one is an answer, two are ambiguous. */
  byIdPrefix(kind: OwnedKind, hex: string, visible: VisibleTeams): Promise<OwnershipRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.live(kind)
      .where('engine_id', '>=', hex)
      .where('engine_id', '<=', `${hex}g`)
      .where('team_id', 'in', visible.teamIds)
      .limit(2)
      .execute()
  }

  async byEngineId(kind: OwnedKind, engineId: string): Promise<OwnershipRow | null> {
    return (await this.live(kind).where('engine_id', '=', engineId).executeTakeFirst()) ?? null
  }

  /** The newest row of the object, also of one that is gone. */
  async lastByEngineId(kind: OwnedKind, engineId: string): Promise<OwnershipRow | null> {
    const rows = this.db.selectFrom('ownership').selectAll().where('kind', '=', kind).where('engine_id', '=', engineId)
    return (await rows.orderBy('created_at', 'desc').limit(1).executeTakeFirst()) ?? null
  }

  /** The row that holds the name in the team, live or pending. */
  async holder(kind: OwnedKind, name: string, teamId: string): Promise<OwnershipRow | null> {
    const held = this.db.selectFrom('ownership').selectAll().where('holds_name', '=', 1)
    return (await held.where('kind', '=', kind).where('name', '=', name).where('team_id', '=', teamId).executeTakeFirst()) ?? null
  }

  /** Rows that teams hold although they were deleted. */
  async ofDeletedTeams(kind: OwnedKind): Promise<OwnershipRow[]> {
    const deleted = this.db.selectFrom('teams').select('id').where('deleted_at', 'is not', null)
    const held = this.db.selectFrom('ownership').selectAll().where('holds_name', '=', 1)
    return held.where('kind', '=', kind).where('team_id', 'in', deleted).execute()
  }

  async byUid(uid: string): Promise<OwnershipRow | null> {
    return (await this.db.selectFrom('ownership').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null
  }

  /** All live rows of the teams, for lists. */
  inTeams(kind: OwnedKind, visible: VisibleTeams): Promise<OwnershipRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.live(kind).where('team_id', 'in', visible.teamIds).execute()
  }

  /** All rows that are live or pending, for the reconciler and for what belongs to nobody. */
  held(): Promise<OwnershipRow[]> {
    return this.db.selectFrom('ownership').selectAll().where('holds_name', '=', 1).execute()
  }

  async countInTeam(teamId: string): Promise<number> {
    const row = await this.db
      .selectFrom('ownership')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('team_id', '=', teamId)
      .where('holds_name', '=', 1)
      .executeTakeFirstOrThrow()
    return row.n
  }

  /** @throws AppError NOT_FOUND when the team is gone, QUOTA_EXCEEDED, and the database's unique violation when it has that name already. */
  async insert(row: OwnershipTable): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, row.team_id)
      await assertRoomForObject(tx, row.team_id, row)
      await tx.insertInto('ownership').values(row).execute()
    })
    this.wrote()
  }

  /** Looks without taking. @throws AppError QUOTA_EXCEEDED */
  assertRoom(teamId: string, object: Pick<OwnershipTable, 'kind' | 'name'>, more: number): Promise<void> {
    return this.db.transaction().execute((tx) => assertRoomForObject(tx, teamId, object, more))
  }

  /** pending → live. False when the row was given up in the meantime. */
  async settle(uid: string, engineId: string, engineCreated: string | null): Promise<boolean> {
    const done = await this.db
      .updateTable('ownership')
      .set({ state: 'live', engine_id: engineId, engine_created: engineCreated, lease_until: null })
      .where('uid', '=', uid)
      .where('holds_name', '=', 1)
      .executeTakeFirst()
    this.wrote()
    return done.numUpdatedRows === 1n
  }

  /**
   * gone → live, for a row that was given up before it was known to stand for anything. False where it is another's by now: its name
   * is taken, the object has a row, or the team is deleted.
   */
  async revive({ uid, team_id: teamId }: OwnershipRow, engineId: string, engineCreated: string): Promise<boolean> {
    try {
      const done = await this.db.transaction().execute(async (tx) => {
        await lockTeam(tx, teamId)
        const row = tx.updateTable('ownership').set({ state: 'live', holds_name: 1, engine_id: engineId, engine_created: engineCreated })
        return row.where('uid', '=', uid).where('state', '=', 'gone').where('engine_id', 'is', null).executeTakeFirst()
      })
      this.wrote()
      return done.numUpdatedRows === 1n
    } catch (error) {
      if (isUniqueViolation(error) || (error instanceof AppError && error.code === 'NOT_FOUND')) return false
      throw error
    }
  }

  /** Keeps a pending row alive while its process still works on it. */
  async extendLease(uid: string, until: string): Promise<void> {
    await this.db.updateTable('ownership').set({ lease_until: until }).where('uid', '=', uid).where('state', '=', 'pending').execute()
  }

  /** @throws the database's unique violation when the team has that name already. */
  async rename(uid: string, name: string): Promise<void> {
    await this.db.updateTable('ownership').set({ name }).where('uid', '=', uid).execute()
    this.wrote()
  }

  /** The object is no more; the row stays as history and lets its name go. */
  async end(uid: string): Promise<void> {
    await this.db.updateTable('ownership').set({ state: 'gone', holds_name: null, lease_until: null }).where('uid', '=', uid).execute()
    this.wrote()
  }

  private live(kind: OwnedKind) {
    return this.db.selectFrom('ownership').selectAll().where('kind', '=', kind).where('state', '=', 'live')
  }
}
