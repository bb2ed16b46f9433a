import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../common/errors.js'

/** A body that is parsed must be here in this time (ms); bytes that pass through have a limit for silence instead. */
const BODY_MS = 60_000
/** How long what still comes after an answer is read away, so that its sender gets to read the answer. */
const LINGER_MS = 2_000

interface Lateness {
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, error: AppError) => void
  readonly limitMs?: number
}

/** Node's own requestTimeout knows no exception for uploads, so this is in its place: call it when the head is in. */
export function limitBody(request: FastifyRequest, reply: FastifyReply, { refuse, limitMs = BODY_MS }: Lateness): void {
  const { raw } = request
  if (!hasBody(request) || request.routeOptions.config.bytes) return
  const timer = setTimeout(() => {
    if (!reply.sent) refuse(request, reply, new AppError('REQUEST_TIMEOUT'))
    else raw.destroy()
  }, limitMs).unref()
  raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
}

/** After an answer to a request whose body is not read: reads on for a moment, then closes. */
export function leaveBody({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return
  raw.resume()
  const timer = setTimeout(() => raw.destroy(), LINGER_MS).unref()
  raw.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
