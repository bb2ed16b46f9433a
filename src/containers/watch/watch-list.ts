import { Injectable } from '@nestjs/common'
import type { TeamRef } from '../../access/index.js'
import { type ContainerEntry, Engine } from '../../engine/index.js'
import type { OwnershipRow } from '../../store/schema.js'
import type { Listed, SortKeys } from '../container-filter.js'
import { summary, type TeamNames } from '../container-view.js'
import type { ContainerSummary } from '../dto/container.response.js'
import { OwnedRows, type TeamRows } from './watch-owned.js'

interface TeamList {
  readonly rows: TeamRows
  readonly revision: number
  readonly listed: readonly Listed[]
}

/** A container as it was listed, and all that this was made of beside its entry. */
interface Made {
  readonly listed: Listed
  readonly uid: string
  readonly name: string
  readonly witness: string
  readonly names: TeamNames
}

const PAD = 16
const MOST_TEAMS = 1_000

/**
 * Containers as their teams see them, in memory, for lists and the live list. Each state of a container is looked at once,
 * however many ask: its view is made once, frozen and shared, and is the same object until something of it changes.
 */
@Injectable()
export class LiveContainers {
  private readonly lists = new Map<string, TeamList>()
  private readonly made = new WeakMap<ContainerEntry, Made>()

  constructor(
    private readonly engine: Engine,
    private readonly owned: OwnedRows,
  ) {}

  /** The team's containers, newest first. The engine is never asked. */
  async of(team: TeamRef): Promise<readonly Listed[]> {
    const rows = await this.owned.of(team.id)
    const { revision } = this.engine.inventory
    const known = this.lists.get(team.id)
    if (known?.rows === rows && known.revision === revision) return known.listed
    const listed = rows.containers.flatMap((row) => this.listed(row, team, rows.names) ?? []).toSorted(newestFirst)
    if (this.lists.size >= MOST_TEAMS) this.lists.clear()
    this.lists.set(team.id, { rows, revision, listed })
    return listed
  }

  private listed(row: OwnershipRow, team: TeamRef, names: TeamNames): Listed | undefined {
    const entry = this.engine.inventory.containers.get(row.engine_id ?? '')
    if (!entry || !this.owned.agrees(row)) return undefined
    const { uid, name, witness } = row
    const made = this.made.get(entry)
    if (made?.uid === uid && made.name === name && made.witness === witness && made.names === names) return made.listed
    const view = frozen(summary(entry, { team, name, ours: witness === 'label' }, names))
    const listed = { view, entry, teamId: team.id, keys: keysOf(view, entry) }
    this.made.set(entry, { listed, uid, name, witness, names })
    return listed
  }
}

/** Keys are unique, so that a page ends at one place: the id goes last. */
function keysOf(view: ContainerSummary, { created, id }: ContainerEntry): SortKeys {
  return {
    created: `${String(created).padStart(PAD, '0')} ${id}`,
    name: `${view.name} ${id}`,
    status: `${view.state.status} ${id}`,
  }
}

/** A sort of what is sorted costs next to nothing, and this is what lists ask for. */
function newestFirst(a: Listed, b: Listed): number {
  return a.keys.created < b.keys.created ? 1 : -1
}

/** It is shared by every answer, and kept as text by the edge: nobody may change it. */
function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) frozen(inner as object)
  return Object.freeze(value)
}
