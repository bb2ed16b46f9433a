import { AppError } from '../common/errors.js'
import { encodeCursor } from '../common/paging.js'
import { isoOf } from './event-time.js'

/** Where a reader is: after which number, and the time of what has it, if the reader has seen that. */
export interface Place {
  readonly seq: number
  readonly time: string | null
}

export function cursorOf({ seq, time }: Place): string {
  return encodeCursor(time === null ? String(seq) : `${seq} ${time}`)
}

/** @throws AppError INVALID_REQUEST at the pointer */
export function placeOf(cursor: string, pointer: string): Place {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, seq, time = null] = /^(\d{1,15})(?: (\S{20,35}))?$/.exec(text) ?? []
  if (seq === undefined || encodeCursor(text) !== cursor || (time !== null && isoOf(time) !== time)) throw wrongPlace(pointer)
  return { seq: Number(seq), time }
}

export function wrongPlace(pointer: string): AppError {
  return new AppError('INVALID_REQUEST', {
    reason: 'the cursor is not valid',
    errors: [{ pointer, detail: 'take the cursor of an event or of a page, of this gateway' }],
  })
}
