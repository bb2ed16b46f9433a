import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { IdempotencyStore } from '../store/idempotency.store.js'
import { KEPT_MS } from './kept-answers.js'

const EVERY_MS = 3_600_000

/** Removes the answers that are too old to count, at the start and once an hour. */
@Injectable()
export class KeptAnswersRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('idempotency')
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(private readonly store: IdempotencyStore) {}

  onApplicationBootstrap(): void {
    const run = (): void => void (this.running = this.run().catch((error: unknown) => this.log.error(error, 'old answers stay')))
    run()
    this.timer = setInterval(run, EVERY_MS).unref()
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    await this.running
  }

  /** Removes all that is too old now. */
  async run(): Promise<void> {
    await this.store.trim(nowIso(-KEPT_MS))
  }
}
