import { Injectable } from '@nestjs/common'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey } from '../common/address.js'
import { AppError } from '../common/errors.js'
import { Config } from '../config/config.js'

const WINDOW_S = 60

/**
 * Requests of each principal, over REST and connects of sockets alike, and of each address before anybody is known, in windows of a minute. The counts are this
 * process's own. An IPv6 address counts as its /64, which one customer of a provider has.
 */
@Injectable()
export class RateLimits {
  private readonly addresses: RateLimiterMemory | null
  private readonly principals: RateLimiterMemory | null

  constructor(config: Config) {
    this.addresses = limiter('address', config.BERTH_RATE_LIMIT_ADDRESS)
    this.principals = limiter('principal', config.BERTH_RATE_LIMIT_PRINCIPAL)
  }

  /** @param address as the edge believes it: X-Forwarded-For counts only from trusted proxies. @throws AppError RATE_LIMITED */
  async address(address: string): Promise<void> {
    await consume(this.addresses, addressKey(address))
  }

  /** All sessions and tokens of a user together. @throws AppError RATE_LIMITED */
  async principal(userId: string): Promise<void> {
    await consume(this.principals, userId)
  }
}

/** 0: no limit. */
function limiter(keyPrefix: string, points: number): RateLimiterMemory | null {
  return points === 0 ? null : new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_S })
}

async function consume(limit: RateLimiterMemory | null, key: string): Promise<void> {
  try {
    await limit?.consume(key)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    throw new AppError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(error.msBeforeNext / 1000)) })
  }
}
