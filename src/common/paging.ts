import { AppError } from './errors.js'

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export const DEFAULT_LIMIT = 100
export const MAX_LIMIT = 1000

/** How a list is sorted: by a unique text key (pad numbers, use RFC 3339 for times), upwards unless said otherwise. */
export interface Order<T> {
  readonly key: (item: T) => string
  readonly descending?: boolean
}

/**
 * Sorts and pages. The cursor is the last item's key, not its place, so that a list that changes between two pages neither
 * repeats nor skips what stayed.
 */
export function pageOf<T>(
  items: readonly T[],
  order: Order<T>,
  query: { cursor?: string | undefined; limit?: number | undefined },
): Page<T> {
  const limit = query.limit ?? DEFAULT_LIMIT
  const sign = order.descending ? -1 : 1
  // what is kept in memory is kept in the order of its list
  if (query.cursor === undefined && items.length <= limit && isSorted(items, order)) return { items: [...items], nextCursor: null }
  const keyed = items.map((item) => ({ item, key: order.key(item) }))
  const last = query.cursor === undefined ? null : decodeCursor(query.cursor)
  const rest = last === null ? keyed : keyed.filter(({ key }) => compare(key, last) * sign > 0)
  rest.sort((a, b) => compare(a.key, b.key) * sign)
  const page = rest.slice(0, limit)
  return { items: page.map(({ item }) => item), nextCursor: rest.length > limit ? encodeCursor(page.at(-1)!.key) : null }
}

function isSorted<T>(items: readonly T[], { key, descending }: Order<T>): boolean {
  const sign = descending ? -1 : 1
  return items.every((item, at) => at === 0 || compare(key(items[at - 1]!), key(item)) * sign <= 0)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

/** @throws AppError INVALID_REQUEST */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (cursor === '' || encodeCursor(key) !== cursor)
    throw new AppError('INVALID_REQUEST', {
      reason: 'the cursor is not valid',
      errors: [{ pointer: '/query/cursor', detail: 'take nextCursor of the page before' }],
    })
  return key
}
