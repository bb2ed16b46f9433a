import { AppError, type ErrorCode } from '../common/errors.js'
import { ARCHIVE_REASONS, CONFLICTS, COPY_REASONS, START_REASONS, TRANSFER_REASONS, VANISHED, VANISHING } from './engine-texts.js'
import { errorCode } from './transport.js'

/** Calls that move images: to and from registries, and archives. */
export type Transfer = 'pull' | 'push' | 'search' | 'import' | 'build'

/** The code, and the texts that are recognised, with the reason for all others. */
const TRANSFERS: Readonly<Record<Transfer, readonly [ErrorCode, readonly (readonly [RegExp, string])[], string]>> = {
  pull: ['PULL_FAILED', TRANSFER_REASONS, 'the registry could not be used'],
  push: ['PUSH_FAILED', TRANSFER_REASONS, 'the registry could not be used'],
  search: ['SEARCH_FAILED', TRANSFER_REASONS, 'it can not be reached'],
  import: ['IMPORT_FAILED', ARCHIVE_REASONS, 'the engine does not take it'],
  build: ['BUILD_FAILED', ARCHIVE_REASONS, 'the engine does not take it'],
}
/** What a call was about, to say the right thing when it fails. */
export interface Doing {
  readonly verb: 'create' | 'start' | 'rename' | 'connect' | 'commit' | 'copy' | 'diff' | Transfer
  /** The engine name that is asked for. */
  readonly name?: string
  /** The image of a create. */
  readonly image?: string
  /** The path in a container. */
  readonly path?: string
  /** The object itself, to tell its absence from that of another one it needs. */
  readonly id?: string
}

/**
 * The one place where the engine's errors become ours: status first, then what its text is recognised as. The text itself is
 * only in `cause`, for the log: it names foreign containers, host paths and inner addresses.
 */
export function engineError(status: number, text: string, doing?: Doing): AppError {
  const options = { cause: `engine ${status}: ${text.slice(0, 2_000)}` }
  const port = portInUse(text)
  if (port !== undefined) return new AppError('PORT_IN_USE', { port }, options)
  if (doing && doing.verb in TRANSFERS && status !== 503) return transferError(text, doing.verb as Transfer, options.cause)
  if (doing?.verb === 'copy') {
    const error = copyError(status, text, doing.path ?? '')
    if (error) return error
  }
  if (doing?.verb !== 'start' && DISK_FULL.test(text)) return new AppError('DISK_FULL', {}, options)
  const conflict = status === 404 ? undefined : conflictOf(text, doing, options)
  if (conflict) return conflict
  if (doing?.verb === 'start' && status !== 503) return startError(status, { text, id: doing.id }, options)
  if (status === 404) return missing(text, doing, options)
  if (status === 409) return new AppError('CONFLICT', { reason: 'the engine refuses this in the present state' }, options)
  if (doing?.verb === 'diff' && VANISHED.test(text)) return new AppError('CONFLICT', { reason: VANISHING }, options)
  const reason = startReason(text)
  if (status === 400) return new AppError('INVALID_REQUEST', { reason: reason ?? 'the engine does not take these values' }, options)
  // a create that the engine answers with 500 although the body is to blame
  if (doing?.verb === 'create' && reason !== undefined) return new AppError('INVALID_REQUEST', { reason }, options)
  return new AppError('ENGINE_ERROR', {}, options)
}

/** A failed transfer; coarse, since exact texts would tell what listens where in our network, and what lies on the host. */
export function transferError(text: string, verb: Transfer = 'pull', cause = `engine: ${text.slice(0, 2_000)}`): AppError {
  const [code, reasons, other] = TRANSFERS[verb]
  if (code !== 'PULL_FAILED' && DISK_FULL.test(text)) return new AppError('DISK_FULL', {}, { cause })
  return new AppError(code, { reason: reasons.find(([pattern]) => pattern.test(text))?.[1] ?? other }, { cause })
}

function copyError(status: number, text: string, path: string): AppError | undefined {
  const cause = `engine ${status}: ${text.slice(0, 2_000)}`
  // a HEAD says nothing: 404, or 500 of a path that leads through a file, round in a circle or is too long; the container is looked for
  if (([404, 500].includes(status) && text === '') || (status === 404 && /could not find the file/i.test(text)))
    return new AppError('FILE_NOT_FOUND', { path }, { cause })
  const known = COPY_REASONS.find(([pattern]) => pattern.test(text))
  return known && new AppError('CONFLICT', { reason: known[1] }, { cause })
}

/** What a failed connection means; anything that is no connection error is returned as it is. */
export function connectionError(error: unknown, stopping: boolean): unknown {
  if (error instanceof AppError) return error
  const code = errorCode(error)
  if (code.startsWith('HPE_')) return new AppError('ENGINE_PROTOCOL', {}, { cause: error })
  const gone =
    /^E[A-Z]+$/.test(code) ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    code === 'ERR_STREAM_DESTROYED' ||
    code === 'ERR_STREAM_WRITE_AFTER_END'
  if (!gone) return error
  return new AppError(stopping ? 'STOPPING' : 'ENGINE_UNAVAILABLE', {}, { cause: error })
}

function conflictOf(text: string, doing: Doing | undefined, options: ErrorOptions): AppError | undefined {
  const found = CONFLICTS.find(([pattern]) => pattern.test(text))
  if (!found) return undefined
  const [, code, reason] = found
  const details = { name: doing?.name ?? 'given', count: 'some', ...(reason && { reason }) }
  return new AppError(code, details, options)
}

function startError(status: number, { text, id }: { text: string; id: string | undefined }, options: ErrorOptions): AppError {
  if (status === 404 && (id === undefined || text.includes(id))) return new AppError('NOT_FOUND', {}, options)
  return new AppError('START_FAILED', { reason: startReason(text) ?? 'the engine could not start it' }, options)
}

function missing(text: string, doing: Doing | undefined, options: ErrorOptions): AppError {
  const image = doing?.verb === 'create' ? doing.image : undefined
  if (image !== undefined && /no such image/i.test(text)) return new AppError('IMAGE_NOT_PRESENT', { reference: image }, options)
  return new AppError('NOT_FOUND', {}, options)
}

/** Why a start failed, in our words, out of the engine's text; undefined for what is not recognised. */
export function startReason(text: string): string | undefined {
  return START_REASONS.find(([pattern]) => pattern.test(text))?.[1]
}

const DISK_FULL = /no space left on device|disk quota exceeded/i

/** The three wordings of 20.10 to 28. */
const PORT = [
  /Bind for \S*:(\d{1,5}) failed: port is already allocated/,
  /listen \w+ \S*:(\d{1,5}): bind: address already in use/,
  /failed to bind host port(?: for)? \S*?:(\d{1,5})[:/].*address already in use/,
]

function portInUse(text: string): number | undefined {
  const port = PORT.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined)
  return port === undefined ? undefined : Number(port)
}
