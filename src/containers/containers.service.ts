import { Injectable } from '@nestjs/common'
import { type Grant, scopeOf, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import { type Order, pageOf } from '../common/paging.js'
import { Engine } from '../engine/index.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import { type Ancestor, filterContainers, type Listed, type SortKeys } from './container-filter.js'
import type { ContainerSort, ListContainersQuery } from './dto/container.query.js'
import type { ContainerPage, ContainerSummary } from './dto/container.response.js'
import { LiveContainers } from './watch/watch-list.js'

/** Containers whose size the engine counts at the same time. */
const SIZES_AT_ONCE = 2

/** Lists of containers, out of memory: the engine is asked for sizes alone. */
@Injectable()
export class Containers {
  constructor(
    private readonly engine: Engine,
    private readonly references: ImageReferenceStore,
    private readonly live: LiveContainers,
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
    return { items: query.size ? await this.withSizes(items) : items.map(({ view }) => view), nextCursor, stale }
  }

  /** Few at a time: each is a walk over the disk. */
  private async withSizes(items: readonly Listed[]): Promise<ContainerSummary[]> {
    const sized: ContainerSummary[] = []
    const queue = [...items.entries()]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [at, { view, entry }] = next
        // one that is removed meanwhile is listed as it was
        const size = await this.engine.containers.sizes(entry.id).catch(unlessGone)
        sized[at] = size ? Object.assign({}, view, { size }) : view
      }
    }
    await Promise.all(Array.from({ length: SIZES_AT_ONCE }, work))
    return sized
  }

  private async visible(teams: ReadonlyMap<string, TeamRef>): Promise<readonly Listed[]> {
    const lists = await Promise.all([...teams.values()].map((team) => this.live.of(team)))
    return lists.length === 1 ? lists[0]! : lists.flat()
  }

  private async ancestor(text: string, teamIds: readonly string[]): Promise<Ancestor> {
    if (/^sha256:[0-9a-f]{64}$/.test(text)) return { reference: null, contents: [{ teamId: null, contentId: text }] }
    const { normalised } = parseImageReference(text)
    const rows = await this.references.byReference(normalised, { teamIds: [...teamIds, LIBRARY] })
    const contents = rows.map((row) => ({ teamId: row.team_id === LIBRARY ? null : row.team_id, contentId: row.content_id }))
    return { reference: normalised, contents }
  }
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof AppError && error.code === 'NOT_FOUND')) throw error
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

function orderOf(sort: ContainerSort = '-created'): Order<Listed> {
  const by = sort.replace(/^-/, '') as keyof SortKeys
  return { key: ({ keys }) => keys[by], descending: sort.startsWith('-') }
}
