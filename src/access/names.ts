import { AppError } from '../common/errors.js'

/** Team slug; a display name may say anything. No double hyphen, since that parts team and name on the engine. */
export const TEAM_NAME = /^[a-z0-9](?:[a-z0-9]|-(?!-)){0,30}$/

/** Names of containers, volumes and networks, as their team sees them. */
export const OBJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/

/** How the engine calls what a team calls `name`. Never split again: names are decoded by the ownership row. */
export function engineName(team: string, name: string): string {
  return `${team}--${name}`
}

/**
 * Checks what a client calls a container or network: a name, a full id or an id prefix.
 * @throws AppError INVALID_REFERENCE before anything is looked up.
 */
export function assertObjectReference(ref: string): void {
  if (/^[0-9a-f]{64}$/.test(ref) || OBJECT_NAME.test(ref)) return
  throw new AppError('INVALID_REFERENCE', { reason: 'use a name of letters, digits, _ . - (63 at most), or an id' })
}

/** @throws AppError INVALID_REFERENCE */
export function assertVolumeName(name: string): void {
  if (!OBJECT_NAME.test(name)) throw new AppError('INVALID_REFERENCE', { reason: 'use a name of letters, digits, _ . - (63 at most)' })
}

/**
 * Checks the name of something new. 12 or 64 hex digits are refused: the engine and people would take them for an id.
 * @throws AppError INVALID_REQUEST
 */
export function assertNewName(name: string, pointer = '/name'): void {
  const detail = !OBJECT_NAME.test(name)
    ? 'must be letters, digits, _ . - and at most 63 characters'
    : /^(?:[0-9a-f]{12}|[0-9a-f]{64})$/.test(name)
      ? 'must not look like an id'
      : null
  if (detail) throw new AppError('INVALID_REQUEST', { reason: 'the name is not valid', errors: [{ pointer, detail }] })
}
