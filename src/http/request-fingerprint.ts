import { createHash } from 'node:crypto'
import { sorted } from './openapi.js'

/** What a request asked for: the path as it was sent, and query and JSON body in whatever order their fields came. */
export interface Asked {
  readonly method: string
  /** With its query. */
  readonly url: string
  /** Parsed, not yet validated. */
  readonly body?: unknown
}

/** SHA-256, the same for the same request. Of several values of one query field the order counts, as it does to handlers. */
export function fingerprintOf({ method, url, body }: Asked): string {
  const at = url.indexOf('?')
  const [path, query] = at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
  const fields = [...new URLSearchParams(query)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return createHash('sha256')
    .update(JSON.stringify([method, path, fields, sorted(body) ?? null]))
    .digest('base64url')
}
