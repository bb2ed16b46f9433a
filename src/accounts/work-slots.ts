import { AppError } from '../common/errors.js'

/** Runs at most `slots` works at once and lets at most `waiting` wait; who comes later is told when to come again. */
export class WorkSlots {
  private busy = 0
  private readonly queue: (() => void)[] = []

  constructor(
    private readonly slots: number,
    private readonly waiting: number,
  ) {}

  /** @throws AppError RATE_LIMITED when the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.enter()
    try {
      return await work()
    } finally {
      this.leave()
    }
  }

  private async enter(): Promise<void> {
    if (this.busy < this.slots) {
      this.busy++
      return
    }
    if (this.queue.length >= this.waiting) throw new AppError('RATE_LIMITED', { retryAfter: 1 })
    await new Promise<void>((go) => {
      this.queue.push(go)
    })
  }

  /** The slot goes to the next one directly, so nobody slips in between. */
  private leave(): void {
    const next = this.queue.shift()
    if (next) next()
    else this.busy--
  }
}
