import type { Principal } from './principal.js'

/** A database that takes longer than this has not decided. */
const DECIDE_MS = 2_000

/**
 * Reads each credential once for all connections of a round: a browser has many tabs, a script many tails. What was read
 * before a change is not told after it. A database that does not answer is not asked again in the same round, or a thousand
 * connections would wait for it one after another.
 */
export class PrincipalReading {
  private readonly known = new Map<string, Promise<Principal>>()
  private late: Error | undefined

  constructor(private readonly read: (principal: Principal) => Promise<Principal>) {}

  /** @throws AppError UNAUTHENTICATED, Error where nothing answers */
  now(principal: Principal): Promise<Principal> {
    const { kind, id, expiresAt } = principal.credential
    // two access tokens of one session end at different times
    const key = `${kind} ${id} ${expiresAt.getTime()}`
    const known = this.known.get(key)
    if (known) return known
    const reading = this.late ? Promise.reject(this.late) : this.within(DECIDE_MS, this.read(principal))
    this.known.set(key, reading)
    return reading
  }

  /** A round is over, or something has changed. */
  forget(): void {
    this.known.clear()
    this.late = undefined
  }

  private async within<T>(ms: number, work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject((this.late = new Error(`no answer within ${ms} ms`))), ms).unref()
    return Promise.race([work, promise]).finally(() => clearTimeout(timer))
  }
}
