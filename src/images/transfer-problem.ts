import { AppError } from '../common/errors.js'

/**
 * Why a pull or a push failed, in our words. The engine's own texts would be a port scanner for its network, so whatever is
 * not one of these is one word for all. The wording is that of moby (distribution/errors.go), distribution and Go's net,
 * x509, http.
 */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/no space left on device|disk quota exceeded/i, 'the disk of the docker host is full'],
  [/toomanyrequests|too many requests|rate limit|\b429\b/i, 'the registry limits the number of requests: wait, or use a mirror'],
  [
    /server gave HTTP response to HTTPS client/i,
    'the registry speaks plain http, which the docker host does not allow: an administrator can list it in "insecure-registries" of the engine\'s daemon.json',
  ],
  [/x509|tls:|certificate/i, "the registry's certificate is not trusted by the docker host"],
  [/verification failed for digest|digest mismatch/i, 'the registry sent something else than its digest says'],
  [
    /no matching manifest|does not match the (specified|expected) platform|cannot be used on this platform/i,
    'the image is not made for the platform of the docker host',
  ],
]

const PULL_REASONS: typeof REASONS = [
  ...REASONS,
  [
    /manifest (for .* )?(unknown|not found)|name unknown|repository .* not found|not found: manifest|pull access denied|unauthorized|authentication required|denied|no basic auth|\b40[134]\b|repository name not known/i,
    'the registry has no such image, or does not show it without credentials',
  ],
]

const PUSH_REASONS: typeof REASONS = [
  ...REASONS,
  [
    /unauthorized|authentication required|denied|no basic auth|forbidden|\b40[13]\b/i,
    'the registry does not take it from the team: it needs credentials that may write there',
  ],
  [
    /blob upload (invalid|unknown)|manifest (blob unknown|invalid)|\b(400|404|405|413)\b|name (invalid|unknown)/i,
    'the registry refuses it',
  ],
]
const OTHER = 'the registry can not be reached'

/** The same error with a reason from the list; anything but a failed pull or push is returned as it is. */
export function transferProblem(error: unknown): unknown {
  if (!(error instanceof AppError) || (error.code !== 'PULL_FAILED' && error.code !== 'PUSH_FAILED')) return error
  // our own reasons have no cause
  if (typeof error.cause !== 'string') return error
  const text = error.cause
  const reasons = error.code === 'PULL_FAILED' ? PULL_REASONS : PUSH_REASONS
  const reason = reasons.find(([pattern]) => pattern.test(text))?.[1] ?? OTHER
  return new AppError(error.code, { reason }, { cause: error.cause })
}
