import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, toProblem } from '../common/errors.js'
import { securityHeaders } from './security-headers.js'

/** Everything thrown becomes RFC 9457 problem details, in this one place. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http')

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    sendProblem(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), error, this.logger)
  }
}

/** Answers with the problem, or cuts the connection where the head is out already: half an answer must not look whole. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown, logger: Logger): void {
  const known = asAppError(error, request)
  const problem = toProblem(known, request.id)
  if (problem.status >= 500) logger.error({ err: known.cause ?? error, requestId: request.id, code: problem.code }, problem.detail)
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy()
    return
  }
  // also where no hook has run yet: an address that is not valid is refused before
  void reply.header('x-request-id', request.id).headers(securityHeaders(request))
  if (known.details.retryAfter !== undefined) void reply.header('retry-after', String(known.details.retryAfter))
  // an answer to HEAD has no body to say it in
  if (request.method === 'HEAD') void reply.header('berth-error', problem.code)
  if (known.status === 401) void reply.header('www-authenticate', 'Bearer')
  // what still comes is read away for a moment only
  if (!request.raw.complete) void reply.header('connection', 'close')
  void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** What the frameworks throw, in terms of our catalogue. */
function asAppError(error: unknown, request: FastifyRequest): AppError {
  if (error instanceof AppError) return error
  const code = (error as { code?: unknown } | null)?.code
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bodyTooLarge(request)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupportedType(request)
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new AppError('INVALID_REQUEST', { reason: 'the body is not complete' }, { cause: error })
    case 'FST_ERR_BAD_URL':
      return new AppError('INVALID_REQUEST', { reason: 'the address is not valid' })
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new AppError('INVALID_REFERENCE', { reason: 'it is too long' })
    default:
      break
  }
  if (error instanceof HttpException) {
    // Nest turns Fastify's own errors into these, and only the status is left of them.
    if (error.getStatus() === 404) return new AppError('ROUTE_NOT_FOUND')
    if (error.getStatus() === 413) return bodyTooLarge(request)
    if (error.getStatus() === 415) return unsupportedType(request)
    if (error.getStatus() < 500) return new AppError('INVALID_REQUEST', { reason: 'the request is not understood' }, { cause: error })
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new AppError('INVALID_REQUEST', { reason: 'the request is not understood' }, { cause: error })
  return new AppError('INTERNAL', {}, { cause: error })
}

function bodyTooLarge(request: FastifyRequest): AppError {
  return new AppError('BODY_TOO_LARGE', { limit: request.routeOptions.bodyLimit })
}

/** @returns AppError UNSUPPORTED_MEDIA_TYPE that names what was sent. */
export function unsupportedType(request: FastifyRequest): AppError {
  return new AppError('UNSUPPORTED_MEDIA_TYPE', {
    wanted: request.routeOptions.config?.bytes?.join(' or ') ?? 'application/json',
    type: (request.headers['content-type'] || 'a body without a content type').slice(0, 100),
  })
}
