import { Logger } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { Authenticator, bearerToken, operation, RateLimits } from '../access/index.js'
import { parseStrictJson } from '../admission/strict-json.js'
import { AppError } from '../common/errors.js'
import { HealthService } from '../system/health.service.js'
import { prepareBytes } from './bytes.js'
import { leaveBody, limitBody } from './late-bodies.js'
import { sendProblem, unsupportedType } from './problem.filter.js'
import { replyJson } from './reply-json.js'
import { securityHeaders } from './security-headers.js'

const WATCHERS: ReadonlySet<string> = new Set(['HealthLive', 'HealthReady'])

/** The reference page is the document in another form. */
const DOCUMENT_ROUTES = /^\/docs(\/|$|-)/

/** Sets up what Fastify does before Nest sees a request: ids, authentication, strict bodies, errors, and the check of routes. */
export function prepareEdge(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance()
  const logger = new Logger('http')
  fastify.addHook('onRoute', (route) => {
    // The CORS plugin's answer to a preflight, which reaches no handler.
    if (route.url === '*' && route.method === 'OPTIONS') return
    if (DOCUMENT_ROUTES.test(route.url)) route.config = { ...route.config, operation: 'OpenApi' }
    if (!route.config?.operation)
      throw new Error(`${String(route.method)} ${route.url} has no row in the operations table, so it may not run`)
  })
  // bytes are as good as text for Fastify, which only types what it does itself
  fastify.setReplySerializer((payload) => replyJson(payload) as string)
  fastify.decorateRequest('berth', null as never)
  fastify.addHook('onRequest', async (request, reply) => {
    request.berth = { principal: null, grant: null, dryRun: false, idempotencyKey: null, ending: undecided }
    limitBody(request, reply, { refuse: (...late) => sendProblem(...late, logger) })
    void reply.header('x-request-id', request.id).headers(securityHeaders(request))
    await limited(app, request)
    prepareBytes(request)
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    leaveBody(request)
    app.get(HealthService).answered(request.routeOptions.config.operation ?? 'none', reply.statusCode)
    done()
  })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser(/^application\/json(;|$)/i, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      assertPlain(request)
      assertUtf8(request)
      done(null, body.length === 0 ? undefined : parseStrictJson(body))
    } catch (error) {
      done(error as Error)
    }
  })
  // Everything else is bytes: handed over as they come, to operations that take them.
  fastify.addContentTypeParser('*', (request, payload, done) => {
    if (request.is404 || request.routeOptions.config.bytes) done(null, payload)
    else done(unsupportedType(request))
  })
}

function undecided(): never {
  throw new AppError('OPERATION_NOT_OFFERED')
}

/** By address before anybody is known, then by who it is. Who watches over the gateway asks often, and must get an answer. */
async function limited(app: NestFastifyApplication, request: FastifyRequest): Promise<void> {
  const limits = app.get(RateLimits)
  if (!WATCHERS.has(request.routeOptions.config.operation ?? '')) await limits.address(request.ip)
  await authenticate(app.get(Authenticator), request)
  if (request.berth.principal) await limits.principal(request.berth.principal.userId)
}

/** Before the body is read: who is not known sends nothing. */
async function authenticate(authenticator: Authenticator, request: FastifyRequest): Promise<void> {
  const id = request.routeOptions.config.operation
  if (!id || operation(id).target === 'public') return
  const token = bearerToken(request.headers.authorization)
  if (token === null) throw new AppError('UNAUTHENTICATED')
  request.berth.principal = await authenticator.authenticate(token)
}

/** Who stands in front and unpacks would have read another body than we do. */
function assertPlain({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding']
  if (coding && !/^identity$/i.test(coding))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { type: `content-encoding ${coding.slice(0, 40)}`, wanted: 'the body as it is' })
}

function assertUtf8(request: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset && !/^utf-?8$/i.test(charset))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { type: `charset ${charset.slice(0, 40)}`, wanted: 'utf-8' })
}
