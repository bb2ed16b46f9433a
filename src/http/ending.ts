import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { Grant, OpenRights, OperationId } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { BerthRequest } from './request-context.js'

/** Aborts when the client leaves before its answer is complete, and when the grant would not be given any more. */
export function endingSignal({ raw }: FastifyReply, grant: Grant<OperationId>, rights: OpenRights): AbortSignal {
  const ending = new AbortController()
  const stop = rights.watch(grant, (reason) => ending.abort(reason))
  const close = (): void => {
    stop()
    if (!raw.writableFinished) ending.abort(new AppError('CLIENT_GONE'))
  }
  if (raw.closed || raw.destroyed || raw.socket?.destroyed) close()
  else raw.once('close', close)
  return ending.signal
}

/**
 * For a handler that takes long: a signal that aborts, with the reason, when the caller leaves or loses the right before the
 * answer is complete. Passed to the engine, it ends the upstream.
 */
export const Ending = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => endingOf(context))

/** The same for interceptors and other decorators; one signal for each request. */
export function endingOf(context: ExecutionContext): AbortSignal {
  return context.switchToHttp().getRequest<BerthRequest>().berth.ending()
}
