import type { Principal } from './principal.js'

/**
 * What the edges need of the accounts module: a bearer token in, a principal out. Declared here and provided there, so that
 * the edges do not import a domain module.
 */
export abstract class Authenticator {
  /**
   * @param token access token or personal token, without the `Bearer` prefix
   * @throws AppError UNAUTHENTICATED for everything that is not valid now: malformed, expired, revoked, of a disabled user.
   */
  abstract authenticate(token: string): Promise<Principal>

  /**
   * The principal as it is now, by its credential alone: for open streams. An access token that has expired does not matter
   * while its session is valid; a personal token must still be valid itself.
   * @throws AppError UNAUTHENTICATED when session or token ended, or the user is disabled.
   */
  abstract revalidate(principal: Principal): Promise<Principal>
}

/** The token of an Authorization header; null when there is none of ours. */
export function bearerToken(header: string | undefined): string | null {
  const match = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(header ?? '')
  return match?.[1] ?? null
}
