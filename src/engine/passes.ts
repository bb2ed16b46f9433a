import type { Logger } from '@nestjs/common'
import type { Engine } from './engine.js'

const EVERY_MS = 10_000

/**
 * Work that holds what the gateway knows and what the engine has to each other, done again and again: once it is known what the
 * engine has, every ten seconds from then on, and whenever it is asked for. One pass at a time; none while what the engine
 * has is not known. A pass that fails is logged, and is the next one's work: while the engine is down that is nothing to tell.
 */
export class Passes {
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly engine: Engine,
    private readonly logger: Logger,
    private readonly work: () => Promise<void>,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.run(), EVERY_MS).unref()
    void this.engine.inventory.ready().then(() => this.run())
  }

  /** Resolves when the pass under way is over. */
  async stop(): Promise<void> {
    clearInterval(this.timer)
    await this.running
  }

  /** One pass, after those under way; never rejects. */
  run(): Promise<void> {
    this.running = this.running
      .then(async () => void (this.engine.inventory.stale || (await this.work())))
      .catch((error: unknown) => void (this.engine.state.up && this.logger.error({ err: error }, 'a pass failed')))
    return this.running
  }
}
