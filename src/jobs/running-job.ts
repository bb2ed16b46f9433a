import type { Grant, OperationId } from '../access/index.js'
import { Job, type JobStep } from './dto/job.response.js'
import { JobFeed } from './job-feed.js'
import type { JobEvent } from './job-event.js'

/** An image has at most 127 layers; more steps than this are a fault that must not fill the memory. */
const MAX_STEPS = 500

/** The reason that a job's signal is aborted with. */
export class JobStopped extends Error {
  constructor(readonly state: 'canceled' | 'interrupted') {
    super(`the job was ${state}`)
  }
}

/** A job of this process while it runs: its progress in memory, its watchers, its abort signal. */
export class RunningJob {
  private readonly controller = new AbortController()
  private readonly steps = new Map<string, JobStep>()
  private readonly feeds = new Set<JobFeed>()
  private readonly over = Promise.withResolvers<void>()
  private current: Job
  /** Progress that the database does not have yet. */
  unsaved = false

  constructor(
    readonly grant: Grant<OperationId>,
    first: Job,
  ) {
    this.current = first
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  get view(): Job {
    return Object.assign(new Job(), this.current, { steps: [...this.steps.values()] })
  }

  /** Resolves at its end, whatever that is; never rejects. */
  get ended(): Promise<void> {
    return this.over.promise
  }

  report(step: JobStep): void {
    if (this.current.endedAt !== null || (this.steps.size >= MAX_STEPS && !this.steps.has(step.id))) return
    this.steps.set(step.id, step)
    this.unsaved = true
    for (const feed of this.feeds) feed.push(step)
  }

  stop(state: 'canceled' | 'interrupted'): void {
    this.controller.abort(new JobStopped(state))
  }

  end(last: Job): void {
    this.current = last
    for (const feed of this.feeds) feed.end()
    this.over.resolve()
  }

  /** The whole job first, then each change, the whole job again at the end. */
  async *watch(signal: AbortSignal | undefined): AsyncGenerator<JobEvent> {
    const feed = new JobFeed(signal)
    this.feeds.add(feed)
    try {
      yield { job: this.view }
      if (this.current.endedAt !== null) return
      for await (const step of feed) yield { step }
      if (!signal?.aborted) yield { job: this.view }
    } finally {
      this.feeds.delete(feed)
    }
  }
}
