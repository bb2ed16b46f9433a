/** The text of items that can not change: a list of a hundred is written out once, not for everybody who asks. */
const TEXTS = new WeakMap<object, Buffer>()
const COMMA = Buffer.from(',')

/** The last list that began with an item: who asks again mostly asks for the same. */
const LISTS = new WeakMap<object, KeptList>()

interface KeptList {
  readonly items: readonly object[]
  readonly tail: string
  readonly bytes: Buffer
}

/**
 * An answer as JSON. An item of a page that is frozen all the way down is the same the next time, so its bytes are kept with it
 * for as long as it lives, and those of the list with its first. Everything else is written as ever.
 */
export function replyJson(payload: unknown): string | Buffer {
  if (!isPage(payload)) return JSON.stringify(payload)
  const { items, ...rest } = payload
  const tail = JSON.stringify(rest)
  const kept = LISTS.get(items[0]!)
  if (kept && kept.tail === tail && isSame(kept, items)) return kept.bytes
  if (!items.every((item) => typeof item === 'object' && item !== null && Object.isFrozen(item))) return JSON.stringify(payload)
  const bytes = written(items, tail)
  // only what is kept by item can be known to be the same by its items
  if (items.every((item) => TEXTS.has(item))) LISTS.set(items[0]!, { items, tail, bytes })
  return bytes
}

function written(items: readonly object[], tail: string): Buffer {
  const parts = items.flatMap((item, at) => (at === 0 ? [bytesOf(item)] : [COMMA, bytesOf(item)]))
  return Buffer.concat([Buffer.from('{"items":['), ...parts, Buffer.from(`]${tail === '{}' ? '}' : `,${tail.slice(1)}`}`)])
}

interface Page {
  readonly items: readonly object[]
}

function isPage(payload: unknown): payload is Page {
  const items = (payload as { items?: unknown } | null)?.items
  return Array.isArray(items) && typeof items[0] === 'object' && items[0] !== null
}

function isSame({ items: kept }: KeptList, items: readonly object[]): boolean {
  return kept.length === items.length && kept.every((item, at) => item === items[at])
}

function bytesOf(item: object): Buffer {
  const known = TEXTS.get(item)
  if (known) return known
  const bytes = Buffer.from(JSON.stringify(item))
  if (isFixed(item)) TEXTS.set(item, bytes)
  return bytes
}

/** Frozen all the way down. */
function isFixed(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFixed))
}
