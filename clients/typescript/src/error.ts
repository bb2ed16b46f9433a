import type { components } from './generated/openapi.js'

/** RFC 9457 problem details, as every error comes. */
export type ProblemDetails = components['schemas']['ProblemDetails']
/** What went wrong, for programs: `not_found`, `permission_denied`, … */
export type ErrorCode = components['schemas']['ErrorCode']

/** What the gateway refused or could not do. Failures of the network are the `TypeError`s of fetch. */
export class BerthError extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** What to do next. */
  readonly hint: string
  /** The same as in the gateway's log and audit log. */
  readonly requestId: string
  /** Fields that are wrong. */
  readonly errors: NonNullable<ProblemDetails['errors']>
  /** Fields that the team's profile does not allow. */
  readonly violations: NonNullable<ProblemDetails['violations']>

  constructor(
    problem: ProblemDetails,
    /** Seconds to wait before the next try, where the gateway says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail)
    this.name = 'BerthError'
    this.code = problem.code
    this.status = problem.status
    this.hint = problem.hint
    this.requestId = problem.requestId
    this.errors = problem.errors ?? []
    this.violations = problem.violations ?? []
  }

  /** The error of an answer. Something between us and the gateway may have answered: then there is no problem in the body. */
  static of(response: Response, body: unknown): BerthError {
    const after = Number(response.headers.get('retry-after') ?? Number.NaN)
    return new BerthError(isProblem(body) ? body : unknownAnswer(response), Number.isFinite(after) ? after : null)
  }
}

function isProblem(body: unknown): body is ProblemDetails {
  const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown }
  return typeof code === 'string' && typeof detail === 'string'
}

function unknownAnswer({ status, statusText, headers }: Response): ProblemDetails {
  return {
    type: 'about:blank',
    title: statusText,
    status,
    code: 'internal',
    detail: `answer ${status} that is not from the gateway`,
    hint: 'check the address and the proxies on the way',
    requestId: headers.get('x-request-id') ?? '',
  }
}
