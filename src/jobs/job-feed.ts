import type { JobStep } from './dto/job.response.js'

/** Changes for one watcher: of each step only the latest is kept, so a slow one costs no memory and misses no end state. */
export class JobFeed implements AsyncIterable<JobStep> {
  private readonly pending = new Map<string, JobStep>()
  private over = false
  private wake = Promise.withResolvers<void>()

  constructor(signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', () => this.end(), { once: true })
    if (signal?.aborted) this.end()
  }

  push(step: JobStep): void {
    this.pending.set(step.id, step)
    this.wake.resolve()
  }

  end(): void {
    this.over = true
    this.wake.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JobStep> {
    for (;;) {
      const steps = [...this.pending.values()]
      this.pending.clear()
      yield* steps
      if (this.pending.size > 0) continue
      if (this.over) return
      await this.wake.promise
      this.wake = Promise.withResolvers()
      // an end that came while the promise was replaced must not be slept over
      if (this.over) this.wake.resolve()
    }
  }
}
