import type { FastifyRequest } from 'fastify'

/** What every answer says to browsers: nothing of it is to be sniffed, framed, embedded or kept. */
const ALWAYS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const

/** JSON and bytes load nothing, wherever a browser is made to show them. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
/** The reference page brings its own scripts and styles, and asks this server alone. */
const REFERENCE =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** A year, once a browser has come over TLS (or a trusted proxy says so). */
const TRANSPORT = 'max-age=31536000'

/** The headers of an answer to this request. */
export function securityHeaders({ url, protocol }: Pick<FastifyRequest, 'url' | 'protocol'>): Readonly<Record<string, string>> {
  return {
    ...ALWAYS,
    'content-security-policy': /^\/docs(\/|$|[?-])/.test(url) ? REFERENCE : NOTHING,
    ...(protocol === 'https' && { 'strict-transport-security': TRANSPORT }),
  }
}
