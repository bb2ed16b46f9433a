import { Injectable, Logger } from '@nestjs/common'
import { ProcessIdentity } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { IdempotencyRow } from '../store/idempotency.schema.js'
import { IdempotencyStore, type KeyClaim } from '../store/idempotency.store.js'
import { SecretBox } from '../store/secret-box.js'

/** How long an answer is kept. */
export const KEPT_MS = 24 * 3_600_000
/** Largest sealed answer, in characters; a larger one is known to have been given, and that is all. */
const MOST_SIZE = 1024 * 1024
/** From this size on there is also a bound to all that one principal has here: nobody fills the disk by repeating nothing. */
const LARGE_SIZE = 16 * 1024
const MOST_OF_PRINCIPAL = 32 * 1024 * 1024
const RETRY_SECONDS = 1

/** A request that came with a key. */
export interface Keyed {
  readonly principal: string
  readonly key: string
  readonly fingerprint: string
  /** Ids of the teams that the decision was about. */
  readonly teams: readonly string[]
  readonly requestId: string
}

/** An answer as it was sent. */
export interface Answer {
  readonly status: number
  /** Those that the operation set. */
  readonly headers: Readonly<Record<string, string>>
  /** What is written as JSON; null for none. */
  readonly body: unknown
}

/** A request that took its key, and has to end it: by `keep` or by `release`. */
export type Turn = { readonly first: KeyClaim } | { readonly again: Answer }

/** Who has which Idempotency-Key, and what was answered: sealed, since an answer may have a token that is shown once. */
@Injectable()
export class KeptAnswers {
  private readonly log = new Logger('idempotency')
  private readonly running = new Set<string>()

  constructor(
    private readonly store: IdempotencyStore,
    private readonly box: SecretBox,
    private readonly process: ProcessIdentity,
  ) {}

  /**
   * Takes the key, or answers what the first request with it was answered.
   * @throws AppError IDEMPOTENCY_MISMATCH, CONFLICT where there is no answer (yet), SECRETS_KEY_MISSING
   */
  async begin(keyed: Keyed): Promise<Turn> {
    const claim = await this.claim(keyed)
    this.running.add(claim.request_id)
    let there: IdempotencyRow | null = null
    try {
      there = await this.store.take(claim, { since: nowIso(-KEPT_MS) })
    } catch (error) {
      this.running.delete(claim.request_id)
      throw error
    }
    if (there === null) return { first: claim }
    this.running.delete(claim.request_id)
    this.assertSame(there, keyed)
    if (there.status === null) throw await this.unanswered(there)
    return { again: this.answerOf(there, there.status) }
  }

  /** After the work was done, so it never fails: without an answer the key stays taken. */
  async keep(claim: KeyClaim, answer: Answer | { readonly status: number }): Promise<void> {
    try {
      const sealed = 'body' in answer ? await this.sealed(claim, answer) : null
      await this.store.end(claim, { status: answer.status, size: sealed?.length ?? 0, answer: sealed })
    } catch (error) {
      this.log.error(error, 'an answer could not be kept: whoever repeats its request is told that it is not known')
    } finally {
      this.running.delete(claim.request_id)
    }
  }

  /** Nothing was done that a repeat should not do again. */
  async release(claim: KeyClaim): Promise<void> {
    await this.store.release(claim).catch((error: unknown) => this.log.error(error, 'an idempotency key stays taken'))
    this.running.delete(claim.request_id)
  }

  /** Sealed before anything is done: a gateway that lacks the key must not find that out after the work. */
  private async claim({ principal, key, fingerprint, teams, requestId }: Keyed): Promise<KeyClaim> {
    const place = { principal, key, request_id: requestId }
    return {
      ...place,
      fingerprint: await this.box.seal(fingerprint, contextOf(place, 'fingerprint')),
      teams: JSON.stringify(teams),
      process_id: this.process.id,
      created_at: nowIso(),
    }
  }

  /** Also where it means something else by now: the answer of one team is not for who is let into another. */
  private assertSame(there: IdempotencyRow, { fingerprint, teams }: Keyed): void {
    const before = JSON.parse(there.teams) as string[]
    const same = this.box.open(there.fingerprint, contextOf(there, 'fingerprint')) === fingerprint
    if (!same || !before.every((team) => teams.includes(team))) throw new AppError('IDEMPOTENCY_MISMATCH')
  }

  private async unanswered({ request_id: id, process_id: process }: IdempotencyRow): Promise<AppError> {
    const runs = process === this.process.id ? this.running.has(id) : (await this.process.alive()).includes(process)
    if (runs) return new AppError('CONFLICT', { reason: `the first request with this key, ${id}, is not over`, retryAfter: RETRY_SECONDS })
    const reason = `the first request with this key, ${id}, was cut off, and it is not known whether it was done; look, then use a new key`
    return new AppError('CONFLICT', { reason })
  }

  private answerOf(there: IdempotencyRow, status: number): Answer {
    if (there.answer !== null) return JSON.parse(this.box.open(there.answer, contextOf(there, 'answer'))) as Answer
    const reason = `the first request with this key, ${there.request_id}, was done with ${status}, but its answer was too large to be kept; look`
    throw new AppError('CONFLICT', { reason })
  }

  private async sealed(claim: KeyClaim, answer: Answer): Promise<string | null> {
    const sealed = await this.box.seal(JSON.stringify(answer), contextOf(claim, 'answer'))
    if (sealed.length <= LARGE_SIZE) return sealed
    const hasRoom = sealed.length <= MOST_SIZE && (await this.store.sizeOf(claim.principal)) + sealed.length <= MOST_OF_PRINCIPAL
    return hasRoom ? sealed : null
  }
}

/** What is sealed opens in no other row, and not as another part of its own. */
function contextOf({ principal, key, request_id: id }: Pick<IdempotencyRow, 'principal' | 'key' | 'request_id'>, part: string): string {
  return JSON.stringify(['idempotency', part, principal, key, id])
}
