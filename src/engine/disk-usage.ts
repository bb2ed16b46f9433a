import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../common/errors.js'
import { MEASURING } from './engine-texts.js'
import type { System } from './system.js'
import type { SystemDf } from './types.js'

const RETRY_MS = 250
const TRY_FOR_MS = 60_000

/** Sizes of everything, and when they were taken. */
export interface Measured {
  readonly at: Date
  readonly df: SystemDf
}

/**
 * Sizes on the engine's disk. It walks over every layer and volume for them and refuses a second walk at the same time
 * (measured on 20.10: 500, "already running"), so whoever asks meanwhile gets the answer of the walk that is under way.
 */
export class DiskUsage {
  private running: Promise<Measured> | undefined
  private last: Measured | undefined

  constructor(private readonly system: System) {}

  /** What is at most so old; 0: of a walk that ends from now on. @throws AppError engine errors */
  measure(maxAgeMs = 0): Promise<Measured> {
    if (this.last && Date.now() - this.last.at.getTime() < maxAgeMs) return Promise.resolve(this.last)
    this.running ??= this.walk().finally(() => (this.running = undefined))
    return this.running
  }

  private async walk(): Promise<Measured> {
    const end = performance.now() + TRY_FOR_MS
    for (;;) {
      try {
        const at = new Date()
        this.last = { at, df: await this.system.df() }
        return this.last
      } catch (error) {
        // another gateway, or the host's operator
        const busy = error instanceof AppError && error.details['reason'] === MEASURING
        if (!busy || performance.now() > end) throw error
        await delay(RETRY_MS, undefined, { ref: false })
      }
    }
  }
}
