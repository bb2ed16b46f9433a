import type { FastifyRequest } from 'fastify'
import type { Grant, OperationId, Principal } from '../access/index.js'

/** What the edge knows of a request, filled in on its way: principal at the start, grant after the decision. */
export interface RequestContext {
  principal: Principal | null
  grant: Grant<OperationId> | null
  /** Aborts when the caller leaves or loses the right before the answer is complete; see ending.ts. */
  ending: () => AbortSignal
  /** What a client calls its bytes. */
  mediaType?: string
  /** Decided as always, but nothing is to be changed. */
  dryRun: boolean
  /** Of a write that may be repeated; see idempotency-key.ts. */
  idempotencyKey: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    berth: RequestContext
  }
  interface FastifyContextConfig {
    /** The row of the operations table that this route is. */
    operation?: OperationId
    /** Media types that this route takes as bytes; its body is not parsed. */
    bytes?: readonly string[]
  }
}

export type BerthRequest = FastifyRequest
