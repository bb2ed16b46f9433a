/**
 * The error catalogue: every code that a client may ever see, with its HTTP status, text and next step.
 * Texts are lower case and without a full stop; `{name}` is replaced from the error's details.
 * docs/errors.md is held to this table by a test in both directions.
 */
export const ERRORS = {
  // 400
  INVALID_REQUEST: { status: 400, text: 'the request is not valid: {reason}', hint: 'correct the fields named in errors' },
  INVALID_REFERENCE: {
    status: 400,
    text: 'the reference is not valid: {reason}',
    hint: 'use a name, a full id or a unique id prefix of at least 4 digits',
  },
  ARCHIVE_REFUSED: {
    status: 400,
    text: 'the archive is not taken: {reason}; {written}',
    hint: 'send a plain tar of files, folders and links that stay within it',
  },
  INVALID_DOCKERFILE: {
    status: 400,
    text: 'the Dockerfile can not be used: {reason}',
    hint: 'correct the line that errors names; docs/images.md tells what a Dockerfile may have',
  },
  MALFORMED_JSON: {
    status: 400,
    text: 'the body is not valid json: {reason}',
    hint: 'send one json document in utf-8, without duplicate keys',
  },
  TEAM_REQUIRED: {
    status: 400,
    text: 'the team is not given and you have {count} teams',
    hint: 'name the team: ?team= in the query, or team in the body',
  },
  UNSUPPORTED_BY_ENGINE: { status: 400, text: 'this engine does not support {feature}', hint: 'upgrade the engine or leave the field out' },
  // 401
  UNAUTHENTICATED: {
    status: 401,
    text: 'authentication is missing or not valid',
    hint: 'log in with POST /api/v1/auth/login and send the token as Authorization: Bearer',
  },
  INVALID_CREDENTIALS: {
    status: 401,
    text: 'the user name or the password is wrong',
    hint: 'check both; an administrator can set a new password',
  },
  OTP_REQUIRED: {
    status: 401,
    text: 'a one-time password is needed too',
    hint: 'send otp: the six digits of your authenticator, or one of your recovery codes',
  },
  OIDC_REFUSED: {
    status: 401,
    text: 'the login at the provider did not come through: {reason}',
    hint: 'begin again with GET /api/v1/auth/oidc/login',
  },
  // 403
  PERMISSION_DENIED: {
    status: 403,
    text: 'this needs the permission {permission}',
    hint: 'ask a maintainer of the team or an administrator for a role that has it',
  },
  POLICY_DENIED: {
    status: 403,
    text: "the team's profile {profile} does not allow this",
    hint: 'see violations for each field and its rule',
  },
  OPERATION_NOT_OFFERED: { status: 403, text: 'operation not offered', hint: 'see api/operations.md for what is offered' },
  SESSION_REQUIRED: {
    status: 403,
    text: 'this needs a login session, not a personal token',
    hint: 'log in with POST /api/v1/auth/login and use its access token',
  },
  SETUP_TOKEN_INVALID: {
    status: 403,
    text: 'the setup token is not valid',
    hint: 'the server prints it at its first start as "setup token: …"',
  },
  ORIGIN_DENIED: { status: 403, text: 'the origin {origin} is not allowed', hint: 'add it to BERTH_ALLOWED_ORIGINS' },
  WEBHOOK_ADDRESS_REFUSED: {
    status: 403,
    text: 'the gateway may not call {address}: {reason}',
    hint: 'use a public address, or let an administrator allow this one in BERTH_WEBHOOK_ALLOW',
  },
  REGISTRY_ADDRESS_REFUSED: {
    status: 403,
    text: 'the gateway may not reach {address}: {reason}',
    hint: 'an administrator can allow it in BERTH_REGISTRY_ALLOW, or say in BERTH_REGISTRY_ROUTES where it is reached',
  },
  // 404, 405
  NOT_FOUND: { status: 404, text: 'no such object', hint: 'check the name and the team; what belongs to other teams is not shown' },
  FILE_NOT_FOUND: { status: 404, text: 'the container has no {path}', hint: 'check the path; it is absolute, as seen in the container' },
  OIDC_NOT_CONFIGURED: {
    status: 404,
    text: 'no openid provider is configured',
    hint: 'an administrator can set BERTH_OIDC_ISSUER; log in with POST /api/v1/auth/login',
  },
  ROUTE_NOT_FOUND: { status: 404, text: 'no such route', hint: 'see /api/v1/openapi.json' },
  METHOD_NOT_ALLOWED: { status: 405, text: 'this route does not take {method}', hint: 'see /api/v1/openapi.json' },
  // 408
  REQUEST_TIMEOUT: { status: 408, text: 'the request did not come in time', hint: 'send it again, without pauses' },
  // 409
  CONFLICT: { status: 409, text: 'conflict: {reason}', hint: 'look at the present state and try again' },
  NAME_IN_USE: {
    status: 409,
    text: 'the name {name} is in use',
    hint: 'choose another name, or remove the object that has it; names of deleted teams are never used again',
  },
  AMBIGUOUS_REFERENCE: { status: 409, text: 'the reference matches several objects', hint: 'name the team, or give the full id' },
  CONTAINER_RUNNING: { status: 409, text: 'the container is running', hint: 'stop it first, or remove it with force=true' },
  CONTAINER_NOT_RUNNING: { status: 409, text: 'the container is not running', hint: 'start it first' },
  CONTAINER_PAUSED: { status: 409, text: 'the container is paused', hint: 'unpause it first' },
  IMAGE_IN_USE: {
    status: 409,
    text: 'the image is in use by {count} of your containers',
    hint: 'remove them first, or use force=true to drop the reference',
  },
  IMAGE_NOT_PRESENT: {
    status: 409,
    text: 'the team has no image {reference}',
    hint: 'pull it with POST /api/v1/images/pull, or create with pull: missing',
  },
  PORT_IN_USE: { status: 409, text: 'the host port {port} is in use', hint: 'choose another host port, or leave it out to get a free one' },
  SETUP_DONE: { status: 409, text: 'the setup was done before', hint: 'log in with POST /api/v1/auth/login' },
  LAST_ADMINISTRATOR: { status: 409, text: 'this is the last administrator', hint: 'make another administrator first' },
  TEAM_NOT_EMPTY: { status: 409, text: 'the team still owns {count} objects', hint: 'remove its objects first' },
  JOB_ENDED: { status: 409, text: 'the job has ended', hint: 'see its result with GET /api/v1/jobs/{id}' },
  JOB_CANCELED: { status: 409, text: 'the job was canceled', hint: 'start it again if it is still wanted' },
  IDEMPOTENCY_MISMATCH: { status: 409, text: 'this Idempotency-Key was used with another request', hint: 'use a new key' },
  // 411, 412
  LENGTH_REQUIRED: { status: 411, text: 'the length of the body must be known', hint: 'send Content-Length' },
  PRECONDITION_FAILED: {
    status: 412,
    text: 'it was changed since you have read it',
    hint: 'read it again, and send the ETag of that as If-Match',
  },
  // 413, 415, 422, 429, 431
  BODY_TOO_LARGE: { status: 413, text: 'the body is larger than {limit} bytes', hint: 'send less' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, text: 'this route does not take {type}', hint: 'send {wanted}' },
  START_FAILED: { status: 422, text: 'the container could not be started: {reason}', hint: 'correct the command, the ports or the mounts' },
  EXEC_FAILED: {
    status: 422,
    text: 'the command could not be started: {reason}',
    hint: 'correct the command, the user or the working directory',
  },
  TERMINAL_NOT_SHARED: { status: 403, text: 'the owner does not share this terminal session', hint: 'open a session of your own' },
  TERMINAL_WATCH_ONLY: { status: 403, text: 'an observer only watches this terminal session', hint: 'join it with role peer' },
  TERMINAL_NOT_OWNER: { status: 403, text: 'only the owner of a terminal session may do this', hint: 'ask its owner' },
  TERMINAL_ELSEWHERE: {
    status: 409,
    text: 'the terminal session lives in another gateway: {gateway}',
    hint: 'connect to that gateway, or open a new session here',
  },
  RECORDING_ELSEWHERE: {
    status: 409,
    text: 'the recording is in the data directory of another gateway: {gateway}',
    hint: 'ask that gateway, or let both have one data directory',
  },
  PULL_FAILED: { status: 422, text: 'the image could not be pulled: {reason}', hint: 'check the reference and the registry' },
  PUSH_FAILED: {
    status: 422,
    text: 'the image could not be pushed: {reason}',
    hint: "check the reference, the registry and the team's credentials for it",
  },
  IMPORT_FAILED: { status: 422, text: 'the archive could not be taken in: {reason}', hint: 'make the archive anew and send it whole' },
  BUILD_FAILED: {
    status: 422,
    text: 'the image could not be built: {reason}',
    hint: 'see the steps of the job, and correct the Dockerfile or the context',
  },
  REGISTRY_LOGIN_FAILED: {
    status: 422,
    text: 'the registry {address} does not accept the user name and the password',
    hint: 'correct them; some registries want a token of their own in the place of the password',
  },
  REGISTRY_DENIED: {
    status: 422,
    text: 'the registry {address} does not allow this to {who}',
    hint: 'give the registry a user name and a password that may do it: PATCH /api/v1/registries/{id}',
  },
  REGISTRY_REALM_REFUSED: {
    status: 422,
    text: 'the registry {address} wants the login to be sent to {host}, so nothing was sent',
    hint: 'if its maker says that this is right, save it with that tokenHost',
  },
  REGISTRY_REDIRECTED: {
    status: 422,
    text: 'the registry {address} sends to {host}, which is not followed',
    hint: 'save the registry with the address where it really is',
  },
  REGISTRY_UNTRUSTED: {
    status: 422,
    text: 'the certificate of {address} is not trusted: {reason}',
    hint: 'the gateway takes its authority as caCertificate of the registry or in BERTH_REGISTRY_CA_FILE, the engine as /etc/docker/certs.d/{address}/ca.crt',
  },
  REGISTRY_PLAIN_HTTP: {
    status: 422,
    text: 'the registry {address} speaks plain http',
    hint: 'save it with http://, and have it listed in "insecure-registries" of the engine\'s daemon.json (127.0.0.0/8 is by itself)',
  },
  REGISTRY_NEEDS_HTTPS: { status: 422, text: 'the registry {address} speaks https', hint: 'save it with https://' },
  REGISTRY_UNSUPPORTED: {
    status: 422,
    text: 'the registry {address} does not offer this: {reason}',
    hint: 'its own configuration decides it; for deleting, the distribution registry wants REGISTRY_STORAGE_DELETE_ENABLED=true',
  },
  HEADERS_TOO_LARGE: { status: 431, text: 'the headers are too large', hint: 'send at most 16 KB of headers' },
  CLIENT_GONE: { status: 499, text: 'the client left before the end', hint: 'keep the connection open until the answer is complete' },
  RATE_LIMITED: { status: 429, text: 'too many requests', hint: 'wait as long as Retry-After says' },
  LOGIN_THROTTLED: { status: 429, text: 'too many failed logins', hint: 'wait as long as Retry-After says' },
  QUOTA_EXCEEDED: {
    status: 429,
    text: "the team's quota of {resource} has no room for {wanted} more: {used} of {limit} are used",
    hint: 'remove something, or ask an administrator for more',
  },
  // 5xx
  REGISTRY_PROTOCOL: {
    status: 502,
    text: 'what answers at {address} is not a registry, or not as it should be: {reason}',
    hint: 'check the address; it is that of the registry itself, without a path',
  },
  REGISTRY_UNREACHABLE: {
    status: 502,
    text: 'the registry {address} can not be reached: {reason}',
    hint: 'check the address; where only the engine knows it, an administrator says in BERTH_REGISTRY_ROUTES where the gateway reaches it',
  },
  REGISTRY_TIMEOUT: { status: 504, text: 'the registry {address} took too long', hint: 'try again; check that it is up' },
  SECRETS_KEY_MISSING: {
    status: 503,
    text: 'the key {key} that secrets are sealed with is not known to this gateway',
    hint: 'an administrator should put it into BERTH_SECRETS_KEY beside the new one, the same in every gateway',
  },
  INTERNAL: { status: 500, text: 'internal error', hint: 'report the requestId to your administrator' },
  ENGINE_PROTOCOL: {
    status: 502,
    text: 'the docker engine answered something that is not understood',
    hint: 'an administrator should look at the log with the requestId',
  },
  ENGINE_ERROR: {
    status: 502,
    text: 'the docker engine could not do this',
    hint: 'an administrator should look at the log with the requestId',
  },
  ADMISSION_MISMATCH: {
    status: 502,
    text: 'the docker engine made something else than was admitted, so it was removed: {paths}',
    hint: 'an administrator should compare the configuration of the engine with the fields named; docs/profiles.md has their rules',
  },
  ENGINE_UNAVAILABLE: {
    status: 503,
    text: 'the docker engine does not answer',
    hint: 'try again shortly; GET /health/ready tells when it is back',
  },
  ENGINE_TIMEOUT: { status: 504, text: 'the docker engine took too long', hint: 'try again' },
  SEARCH_FAILED: {
    status: 503,
    text: 'the hub can not be searched: {reason}',
    hint: 'an administrator should check that the docker host reaches index.docker.io',
  },
  NETWORK_POOL_EXHAUSTED: {
    status: 503,
    text: 'no subnet is free for a network of the team',
    hint: 'remove what is not needed, or ask an administrator for a larger BERTH_NETWORK_POOL',
  },
  RECORDING_FAILED: {
    status: 503,
    text: 'the terminal can not be recorded, and the team has its terminals recorded',
    hint: 'an administrator should check the disk of the data directory',
  },
  DISK_FULL: {
    status: 507,
    text: 'the disk of the docker engine is full',
    hint: 'remove what is not needed, or ask an administrator for more room',
  },
  AUDIT_UNAVAILABLE: {
    status: 503,
    text: 'the audit log can not be written, so nothing is changed',
    hint: 'an administrator should check the disk of the data directory',
  },
  DECISION_UNAVAILABLE: {
    status: 503,
    text: 'the decision can not be made now, so the answer is no',
    hint: 'try again shortly; an administrator should check the database',
  },
  OIDC_UNAVAILABLE: {
    status: 503,
    text: 'the openid provider does not answer as it should',
    hint: 'try again shortly; an administrator should look at the log with the requestId',
  },
  STOPPING: { status: 503, text: 'the server is stopping', hint: 'connect again shortly' },
  // sockets (the same numbers, as a client would see them over REST)
  STREAM_NOT_FOUND: { status: 404, text: 'no such stream on this connection', hint: 'open it first with stream:open' },
  STREAM_KIND_UNKNOWN: { status: 400, text: 'no such stream kind', hint: 'see api/asyncapi.json' },
  STREAM_LIMIT: { status: 429, text: 'too many open streams on this connection: the limit is {limit}', hint: 'close some of them' },
} as const satisfies Record<string, ErrorEntry>

/** One row of the catalogue. */
export interface ErrorEntry {
  readonly status: number
  readonly text: string
  readonly hint: string
}

export type ErrorCode = keyof typeof ERRORS

/** A field that is wrong: an RFC 6901 pointer into the body (or `/query/x`, `/params/x`) and what is wrong with it. */
export interface FieldError {
  readonly pointer: string
  readonly detail: string
}

/** A field that the team's profile does not allow. */
export interface Violation {
  readonly path: string
  readonly profile: string
  readonly rule: string
}

/** What fills `{name}` in the text, and what goes into the answer beside it. */
export interface ErrorDetails {
  readonly [name: string]: unknown
  readonly errors?: readonly FieldError[]
  readonly violations?: readonly Violation[]
  /** Seconds; becomes the Retry-After header. */
  readonly retryAfter?: number
}

/** The one error type that reaches a client. Everything else is answered as INTERNAL and logged with its stack. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly status: number
  readonly hint: string

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(fill(ERRORS[code].text, details), options)
    this.name = 'AppError'
    this.code = code
    this.details = details
    this.status = ERRORS[code].status
    this.hint = fill(ERRORS[code].hint, details)
  }
}

/** The RFC 9457 body of an error; the same object is the `error` of a socket ack. */
export interface ProblemDetails {
  type: string
  title: string
  status: number
  /** Lower-case form of the catalogue's key: `not_found`. */
  code: string
  detail: string
  hint: string
  requestId: string
  errors?: readonly FieldError[]
  violations?: readonly Violation[]
}

/** Turns anything thrown into the one shape that clients get; what is not an AppError becomes INTERNAL, without its text. */
export function toProblem(error: unknown, requestId: string): ProblemDetails {
  const known = error instanceof AppError ? error : new AppError('INTERNAL')
  const code = known.code.toLowerCase()
  return {
    type: `https://berth.invalid/errors/${code}`,
    title: titleOf(ERRORS[known.code].text),
    status: known.status,
    code,
    detail: known.message,
    hint: known.hint,
    requestId,
    ...(known.details.errors && { errors: known.details.errors }),
    ...(known.details.violations && { violations: known.details.violations }),
  }
}

/** The same for every error of its code (RFC 9457). */
function titleOf(text: string): string {
  return text.replaceAll(/: \{\w+\}/g, '').replaceAll(/\{\w+\}/g, '…')
}

function fill(text: string, details: ErrorDetails): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole
  })
}

/** Whether what was asked of the engine was not done. After any other error it may have been done all the same. */
export function isCertain(error: unknown): boolean {
  return error instanceof AppError && !['ENGINE_UNAVAILABLE', 'ENGINE_TIMEOUT', 'ENGINE_PROTOCOL', 'STOPPING'].includes(error.code)
}
