import type { OpenAPIObject } from '@nestjs/swagger'
import { operation, type OperationId } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { takesDryRun } from './dry-run.js'
import type { BerthRequest } from './request-context.js'

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>

export const IDEMPOTENCY_KEY = 'Idempotency-Key'
/** Header of an answer that was kept: nothing was done again. */
export const REPLAYED = 'Idempotency-Replayed'

const FORM = /^[!-~]{1,255}$/

/**
 * The key of a write (draft-ietf-httpapi-idempotency-key-header); null without one, and where nothing is changed.
 * @throws AppError INVALID_REQUEST where it is not well formed, or the operation would not heed it
 */
export function readIdempotencyKey(request: BerthRequest, id: OperationId): string | null {
  const key = request.headers[IDEMPOTENCY_KEY.toLowerCase()]
  if (key === undefined) return null
  // A promise that is not kept would be worse than none: whoever repeats this would do it twice.
  if (request.routeOptions.config.bytes) throw refused('is not taken with a body of bytes: what passes through can not be compared')
  if (opensByPost(request, id)) throw refused('is not taken by this operation: what it runs is not repeated, nor its output kept')
  if (!takesDryRun(id)) return null
  if (typeof key === 'string' && FORM.test(key)) return key
  throw refused('must be 1 to 255 visible ASCII characters')
}

function opensByPost({ method }: BerthRequest, id: OperationId): boolean {
  return method === 'POST' && operation(id).effect === 'open'
}

function refused(detail: string): AppError {
  const errors = [{ pointer: `/headers/${IDEMPOTENCY_KEY}`, detail }]
  return new AppError('INVALID_REQUEST', { reason: `the header ${IDEMPOTENCY_KEY} can not be used so`, errors })
}

/** Shows the header at each write that takes it; by the finished document, since only that knows what the body is. */
export function documentIdempotencyKey(id: OperationId, op: OperationObject): void {
  const body = op.requestBody
  const isBytes = body !== undefined && 'content' in body && !Object.keys(body.content).includes('application/json')
  if (!takesDryRun(id) || isBytes) return
  op.parameters = [
    ...(op.parameters ?? []),
    {
      name: IDEMPOTENCY_KEY,
      in: 'header',
      required: false,
      description: 'the same key with the same request within 24 hours answers the same again, and does nothing; see docs/retries.md',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
    },
  ]
}
