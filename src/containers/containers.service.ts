import { Injectable } from '@nestjs/common'
import { type Grant, Ownership, scopeOf, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import { type Order, pageOf } from '../common/paging.js'
import { Engine } from '../engine/index.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import { type Ancestor, filterContainers, type Listed } from './container-filter.js'
import { summary } from './container-view.js'
import { ContainerViews } from './container-views.js'
import type { ContainerSort, ListContainersQuery } from './dto/container.query.js'
import type { ContainerPage } from './dto/container.response.js'

const PAD = 16

/** Lists of containers, out of memory: the engine is never asked. */
@Injectable()
export class Containers {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly references: ImageReferenceStore,
    private readonly views: ContainerViews,
  ) {}

  /** @throws AppError INVALID_REQUEST, NOT_FOUND or AMBIGUOUS_REFERENCE of before and since */
  async list(grant: Grant<'ContainerList'>, query: ListContainersQuery): Promise<ContainerPage> {
    const teams = scopeOf(grant)
    const stale = this.engine.inventory.stale
    const all = await this.visible(teams)
    const before = query.before === undefined ? undefined : createdOf(all, query.before)
    const since = query.since === undefined ? undefined : createdOf(all, query.since)
    const ancestors = await Promise.all((query.ancestor ?? []).map((text) => this.ancestor(text, [...teams.keys()])))
    const found = filterContainers(all, query, {
      ancestors,
      ...(before !== undefined && { before }),
      ...(since !== undefined && { since }),
    })
    const { items, nextCursor } = pageOf(found, orderOf(query.sort), query)
    return { items: items.map(({ view }) => view), nextCursor, stale }
  }

  private async visible(teams: ReadonlyMap<string, TeamRef>): Promise<Listed[]> {
    const teamIds = [...teams.keys()]
    const [rows, names] = await Promise.all([this.ownership.owned('container', teamIds), this.views.names(teamIds)])
    return rows.flatMap((row) => {
      const entry = this.engine.inventory.containers.get(row.engine_id ?? '')
      const team = teams.get(row.team_id)
      if (!entry || !team) return []
      return [{ entry, teamId: row.team_id, view: summary(entry, { team, name: row.name, ours: row.witness === 'label' }, names) }]
    })
  }

  private async ancestor(text: string, teamIds: readonly string[]): Promise<Ancestor> {
    if (/^sha256:[0-9a-f]{64}$/.test(text)) return { reference: null, contents: [{ teamId: null, contentId: text }] }
    const { normalised } = parseImageReference(text)
    const rows = await this.references.byReference(normalised, { teamIds: [...teamIds, LIBRARY] })
    const contents = rows.map((row) => ({ teamId: row.team_id === LIBRARY ? null : row.team_id, contentId: row.content_id }))
    return { reference: normalised, contents }
  }
}

/** When the container of `before` or `since` was created. */
function createdOf(all: readonly Listed[], reference: string): number {
  const named = all.filter(({ view }) => view.name === reference)
  const isPrefix = /^[0-9a-f]{4,64}$/.test(reference)
  const found = named.length > 0 || !isPrefix ? named : all.filter(({ entry }) => entry.id.startsWith(reference))
  if (found.length > 1) throw new AppError('AMBIGUOUS_REFERENCE')
  if (!found[0]) throw new AppError('NOT_FOUND')
  return found[0].entry.created
}

/** Keys are unique, so that a page ends at one place: the id goes last. */
const KEYS: Readonly<Record<'created' | 'name' | 'status', (listed: Listed) => string>> = {
  created: ({ entry }) => `${String(entry.created).padStart(PAD, '0')} ${entry.id}`,
  name: ({ view, entry }) => `${view.name} ${entry.id}`,
  status: ({ view, entry }) => `${view.state.status} ${entry.id}`,
}

function orderOf(sort: ContainerSort = '-created'): Order<Listed> {
  return { key: KEYS[sort.replace(/^-/, '') as keyof typeof KEYS], descending: sort.startsWith('-') }
}
