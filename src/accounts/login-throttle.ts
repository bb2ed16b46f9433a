import { Injectable } from '@nestjs/common'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey } from '../common/address.js'
import { AppError } from '../common/errors.js'

const WINDOW_S = 900
/** Failures per window, before the next attempt is refused unheard. */
export const LIMITS = { pair: 10, address: 100, account: 50 } as const

/** Who tries to log in. */
export interface Attempt {
  /** Name that is tried; whether it exists makes no difference. */
  readonly account: string
  /** The client's address, as the edge believes it: X-Forwarded-For counts only from trusted proxies. */
  readonly address: string
  /** The account has logged in from this address before: who fails for it elsewhere can't lock it out here. */
  readonly known: boolean
}

/**
 * Counts failed logins per account and address together, per address over all accounts, and, slower, per account over all
 * addresses. The last one stops those who have many addresses; addresses that the owner has used are exempt from it.
 * The counts are this process's own.
 */
@Injectable()
export class LoginThrottle {
  private readonly pair = limiter('pair', LIMITS.pair)
  private readonly address = limiter('address', LIMITS.address)
  private readonly account = limiter('account', LIMITS.account)

  /** Refuses at once who is over a limit, before any work is queued for them. @throws AppError LOGIN_THROTTLED */
  async assertOpen(attempt: Attempt): Promise<void> {
    for (const [limit, key] of this.limits(attempt)) {
      const state = await limit.get(key)
      if (state && state.consumedPoints >= limit.points) throw throttled(state)
    }
  }

  /**
   * Counts the attempt before it is made, so that parallel ones can't all slip through, and takes it back unless it failed.
   * @throws AppError LOGIN_THROTTLED, and what `check` throws.
   */
  async attempt(attempt: Attempt, check: () => Promise<boolean>): Promise<boolean> {
    const counted: [RateLimiterMemory, string][] = []
    const takeBack = () => Promise.all(counted.map(([limit, key]) => limit.reward(key, 1)))
    try {
      for (const [limit, key] of this.limits(attempt)) {
        await limit.consume(key)
        counted.push([limit, key])
      }
      const right = await check()
      if (right) {
        await takeBack()
        await this.pair.delete(pairKey(attempt))
      }
      return right
    } catch (error) {
      await takeBack()
      throw error instanceof RateLimiterRes ? throttled(error) : error
    }
  }

  private limits(attempt: Attempt): [RateLimiterMemory, string][] {
    const limits: [RateLimiterMemory, string][] = [
      [this.pair, pairKey(attempt)],
      [this.address, addressKey(attempt.address)],
    ]
    if (!attempt.known) limits.push([this.account, attempt.account])
    return limits
  }
}

function limiter(keyPrefix: string, points: number): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_S })
}

function pairKey({ account, address }: Attempt): string {
  return `${addressKey(address)}|${account}`
}

function throttled(state: RateLimiterRes): AppError {
  return new AppError('LOGIN_THROTTLED', { retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) })
}
