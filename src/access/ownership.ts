import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { Inventory } from '../engine/index.js'
import { isUniqueViolation } from '../store/database.js'
import { OwnershipStore } from '../store/ownership.store.js'
import type { OwnedKind, OwnershipRow } from '../store/schema.js'
import { AccessChanges } from './changes.js'
import { engineName, OBJECT_NAME } from './names.js'
import { creationOf, LABEL_UID, Witness } from './witness.js'
import type { TeamRef } from './principal.js'
import { ProcessIdentity } from './process-identity.js'
import { type LabelledKind, LABELLED_KINDS, objectsOf, reconcileRow, reviveRow } from './reconcile.js'

/** What is to be made: its row exists already, so a crash at any point leaves nothing that nobody owns. */
export interface Claim {
  readonly uid: string
  readonly kind: OwnedKind
  readonly team: TeamRef
  readonly name: string
  /** What the engine shall call it. */
  readonly engineName: string
  /** To be put on the object, over everything inherited. */
  readonly labels: Readonly<Record<string, string>>
}

/** Who makes what. */
export interface ClaimRequest {
  readonly kind: LabelledKind
  readonly team: TeamRef
  readonly name: string
  /** Null: nobody asked for it, it came with something else. */
  readonly creatorId: string | null
}

/** Something on the engine that belongs to no team. */
export interface UnownedObject {
  readonly kind: LabelledKind
  readonly id: string
  readonly name: string
  readonly createdUnixMs: number
  /** It carries our labels, but they prove nothing: a restored backup, or somebody who would like to be owned. */
  readonly quarantined: boolean
}

/** Longest time that a create may take before the reconciler may decide about its row. */
const LEASE_MS = 60_000

/** The life of an ownership row: claimed before the engine is asked, settled after it answered, ended with its object. */
@Injectable()
export class Ownership {
  constructor(
    readonly store: OwnershipStore,
    readonly witness: Witness,
    readonly inventory: Inventory,
    private readonly process: ProcessIdentity,
    private readonly changes: AccessChanges,
  ) {}

  /** @throws AppError NAME_IN_USE when the team has that name already. */
  async claim(request: ClaimRequest): Promise<Claim> {
    const uid = randomUUID()
    const { kind, team, name } = request
    const row: OwnershipRow = {
      uid,
      kind,
      team_id: team.id,
      name,
      engine_id: null,
      engine_created: null,
      witness: 'label',
      state: 'pending',
      creator_id: request.creatorId,
      process_id: this.process.id,
      lease_until: nowIso(LEASE_MS),
      created_at: nowIso(),
      holds_name: 1,
    }
    await this.taking({ kind, teamId: team.id, name }, () => this.store.insert(row))
    return { uid, kind, team, name, engineName: engineName(team.name, name), labels: this.witness.labels(kind, uid, team.id) }
  }

  /** Has the team room for so many more? For dry runs. @throws AppError QUOTA_EXCEEDED */
  async assertRoom(kind: LabelledKind, team: TeamRef, more = 1): Promise<void> {
    await this.store.assertRoom(team.id, { kind, name: '' }, more)
  }

  /** Would a claim of this name do now? For dry runs. @throws AppError NAME_IN_USE, QUOTA_EXCEEDED */
  async assertFree(kind: LabelledKind, name: string, team: TeamRef): Promise<void> {
    await this.assertRoom(kind, team)
    const holder = await this.store.holder(kind, name, team.id)
    if (holder && (holder.state !== 'live' || this.inventory.stale || this.witness.agrees(holder))) throw inUse(name)
  }

  /** Goes on with what a crash or a lost answer cut off: under the same uid nothing is made twice. */
  async resume(row: OwnershipRow, team: TeamRef): Promise<Claim> {
    const { uid, kind, name } = row
    await this.store.extendLease(uid, nowIso(LEASE_MS))
    return { uid, kind, team, name, engineName: engineName(team.name, name), labels: this.witness.labels(kind, uid, team.id) }
  }

  /** The engine made it. After this and a refresh of the inventory the object is visible to its team. */
  async settle(claim: Claim, engineId: string, createdUnixMs: number | null): Promise<void> {
    await this.store.settle(claim.uid, engineId, createdUnixMs === null ? null : creationOf(createdUnixMs))
  }

  /** The engine did not make it. */
  abandon(claim: Claim): Promise<void> {
    return this.store.end(claim.uid)
  }

  /** @throws AppError NAME_IN_USE */
  async rename({ uid, kind, team_id: teamId }: Pick<OwnershipRow, 'uid' | 'kind' | 'team_id'>, name: string): Promise<void> {
    await this.taking({ kind, teamId, name }, () => this.store.rename(uid, name))
  }

  /** The object is gone from the engine. */
  async end(uid: string): Promise<void> {
    await this.store.end(uid)
    this.changes.announce({})
  }

  /** Holds every row to what the engine has; the inventory must not be stale. */
  async reconcile(): Promise<void> {
    let ended = false
    const rows = await this.store.held()
    for (const row of rows) ended = (await reconcileRow(this, row)) || ended
    if (ended) this.changes.announce({})
    await this.reviveAll(new Set(rows.map((row) => row.uid)))
  }

  /** What has our labels and the uid of none of these rows. Not networks: the subnet of one was free for others with the end of its row. */
  private async reviveAll(held: ReadonlySet<string>): Promise<void> {
    for (const kind of ['volume', 'container'] as const)
      for (const object of objectsOf(this.inventory, kind)) {
        const uid = object.labels[LABEL_UID]
        if (uid && !held.has(uid)) await reviveRow(this, kind, object)
      }
  }

  /** The engine says that the object is no more. */
  async disappeared(kind: LabelledKind, engineId: string): Promise<void> {
    const row = await this.store.byEngineId(kind, engineId)
    if (row && (await reconcileRow(this, row))) this.changes.announce({})
  }

  /** What no row stands for: made beside the gateway, or with labels that prove nothing. */
  async unowned(): Promise<UnownedObject[]> {
    const rows = await this.store.held()
    const owned = new Set(
      rows.filter((row) => row.state === 'live' && this.witness.agrees(row)).map((row) => `${row.kind} ${row.engine_id}`),
    )
    const pending = new Set(rows.filter((row) => row.state === 'pending').map((row) => row.uid))
    return LABELLED_KINDS.flatMap((kind) =>
      objectsOf(this.inventory, kind)
        .filter((entry) => !isPredefined(kind, entry.engineName))
        .filter((entry) => !owned.has(`${kind} ${entry.id}`) && !pending.has(entry.labels[LABEL_UID] ?? ''))
        .map((entry) => ({
          kind,
          id: entry.id,
          name: entry.engineName,
          createdUnixMs: entry.created,
          quarantined: Boolean(entry.labels[LABEL_UID]),
        })),
    )
  }

  /** Rows of the teams whose objects the engine has now and whose witness agrees, for lists. */
  async owned(kind: LabelledKind, teamIds: readonly string[]): Promise<OwnershipRow[]> {
    const rows = await this.store.inTeams(kind, { teamIds })
    return rows.filter((row) => this.witness.agrees(row))
  }

  /**
   * What else a request of the team names: by exact name, full id or id prefix, only among the team's own. None and several are
   * for the caller to tell; an id prefix is 4 hex digits at least.
   */
  async named(kind: LabelledKind, reference: string, team: TeamRef): Promise<OwnershipRow[]> {
    if (!OBJECT_NAME.test(reference) && !/^[0-9a-f]{64}$/.test(reference)) return []
    const visible = { teamIds: [team.id] }
    const byName = await this.store.byName(kind, reference, visible)
    const byId = byName.length === 0 && kind !== 'volume' && /^[0-9a-f]{4,64}$/.test(reference)
    const rows = byId ? await this.store.byIdPrefix(kind, reference, visible) : byName
    return rows.filter((row) => row.engine_id !== null && this.witness.agrees(row))
  }

  /** An administrator gives an unowned object to a team. @throws AppError NOT_FOUND, NAME_IN_USE, CONFLICT */
  async adopt(kind: LabelledKind, engineId: string, team: TeamRef, name: string, creatorId: string): Promise<OwnershipRow> {
    const view = { container: this.inventory.containers, volume: this.inventory.volumes, network: this.inventory.networks }[kind]
    const entry = view.get(engineId)
    if (!entry || isPredefined(kind, entry.engineName)) throw new AppError('NOT_FOUND')
    const row: OwnershipRow = {
      uid: randomUUID(),
      kind,
      team_id: team.id,
      name,
      engine_id: engineId,
      engine_created: creationOf(entry.created),
      witness: 'adopted',
      state: 'live',
      creator_id: creatorId,
      process_id: null,
      lease_until: null,
      created_at: nowIso(),
      holds_name: 1,
    }
    if (await this.store.byEngineId(kind, engineId)) throw new AppError('CONFLICT', { reason: 'it belongs to a team already' })
    await this.taking({ kind, teamId: team.id, name }, () => this.store.insert(row))
    this.changes.announce({ teamId: team.id })
    return row
  }

  /**
   * A write that takes a name. The unique index decides: between a look and a write somebody else may come. A holder whose
   * object was removed beside the gateway a moment ago gives way, whatever the reconciler has got to.
   */
  private async taking(
    { kind, teamId, name }: Pick<OwnershipRow, 'kind' | 'name'> & { teamId: string },
    write: () => Promise<void>,
  ): Promise<void> {
    try {
      return await write()
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
    }
    const holder = await this.store.holder(kind, name, teamId)
    if (holder?.state === 'live' && (this.inventory.stale || !(await reconcileRow(this, holder)))) throw inUse(name)
    await write().catch((error: unknown) => {
      throw isUniqueViolation(error) ? inUse(name) : error
    })
  }
}

function inUse(name: string): AppError {
  return new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is in use' }] })
}

/** The engine's own networks: every host has them, and a team that owned `host` would own the host. */
function isPredefined(kind: LabelledKind, name: string): boolean {
  return kind === 'network' && ['bridge', 'host', 'none', 'ingress', 'docker_gwbridge'].includes(name)
}
