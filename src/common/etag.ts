import { createHash } from 'node:crypto'
import { AppError } from './errors.js'

const LENGTH = 22

/** The ETag of settings as they are shown: the same for the same content, in every process. */
export function etagOf(shown: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, LENGTH)}"`
}

/** Holds `If-Match` to what is there now. @throws AppError PRECONDITION_FAILED */
export function assertMatches(ifMatch: string | undefined, shown: unknown): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  if (!tags.includes(etagOf(shown))) throw new AppError('PRECONDITION_FAILED')
}
