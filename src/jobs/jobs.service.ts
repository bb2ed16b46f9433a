import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Access, type Grant, type OperationId, ProcessIdentity, scopeOf } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError, type ErrorCode, toProblem } from '../common/errors.js'
import { decodeCursor, DEFAULT_LIMIT, encodeCursor } from '../common/paging.js'
import { JobStore } from '../store/jobs.store.js'
import type { JobRow } from '../store/schema.js'
import type { Job, JobPage, JobStep } from './dto/job.response.js'
import type { ListJobsQuery } from './dto/list-jobs.query.js'
import { type JobEvent, type JobRequest, jobView, type JobWork } from './job-event.js'
import { JobNames } from './job-names.js'
import { JobStopped, RunningJob } from './running-job.js'

const SAVE_EVERY_MS = 500
const LOOK_EVERY_MS = 1_000
/** Every so many looks, jobs of dead processes are looked for too. */
const LOOKS_PER_SWEEP = 10
const REMOTE_EVERY_MS = 500
/** How long a canceled job may take to end before its cancel is answered with what it is then. */
const CANCEL_PATIENCE_MS = 5_000

type End = Pick<JobRow, 'state' | 'result' | 'error'> & { readonly outcome: 'ok' | ErrorCode }

/**
 * Durable long work. The table has each job from its start to its end; progress is kept in memory and saved at most twice a
 * second. A job of another process is canceled by ending its row: its process looks every second and aborts the work, which
 * also asks before it does what can't be taken back. Jobs of a process that died are `interrupted` at the next start or sweep.
 */
@Injectable()
export class Jobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('jobs')
  private readonly running = new Map<string, RunningJob>()
  private readonly timers: NodeJS.Timeout[] = []
  private looks = 0
  private stopping = false

  constructor(
    private readonly store: JobStore,
    private readonly access: Access,
    private readonly process: ProcessIdentity,
    private readonly names: JobNames,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.interruptOrphans()
    this.timers.push(setInterval(() => void this.save(), SAVE_EVERY_MS).unref(), setInterval(() => void this.look(), LOOK_EVERY_MS).unref())
  }

  /** Before requests are drained, since some of them wait for a job's end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true
    for (const timer of this.timers) clearInterval(timer)
    const jobs = [...this.running.values()]
    for (const job of jobs) job.stop('interrupted')
    await Promise.race([Promise.all(jobs.map((job) => job.ended)), delay(CANCEL_PATIENCE_MS, undefined, { ref: false })])
  }

  /**
   * Starts the work and answers its job at once. The job writes the audit outcome of the grant at its end.
   * @throws AppError STOPPING
   */
  async start(grant: Grant<OperationId>, request: JobRequest, work: JobWork): Promise<Job> {
    if (this.stopping) throw new AppError('STOPPING')
    const row: JobRow = {
      id: randomUUID(),
      kind: request.kind,
      operation: grant.operation,
      team_id: request.team?.id ?? null,
      creator_id: grant.principal.userId,
      state: 'running',
      subject: JSON.stringify(request.subject),
      progress: '[]',
      result: null,
      error: null,
      request_id: grant.requestId,
      process_id: this.process.id,
      created_at: nowIso(),
      ended_at: null,
    }
    await this.store.insert(row)
    const job = new RunningJob(grant, jobView(row, request.team?.name ?? null, grant.principal.username))
    this.running.set(row.id, job)
    void this.run(job, row, work)
    return job.view
  }

  /** Newest first. */
  async list(grant: Grant<'JobList'>, query: ListJobsQuery): Promise<JobPage> {
    const limit = query.limit ?? DEFAULT_LIMIT
    const rows = await this.store.list({
      teamIds: [...scopeOf(grant).keys()],
      before: query.cursor === undefined ? undefined : place(query.cursor),
      state: query.state,
      kind: query.kind,
      limit: limit + 1,
    })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const items = await Promise.all(page.map((row) => this.view(row)))
    return { items, nextCursor: rows.length > limit && last ? encodeCursor(`${last.created_at}|${last.id}`) : null }
  }

  /** @throws AppError NOT_FOUND */
  inspect(grant: Grant<'JobInspect'>): Promise<Job> {
    return this.present(grant.target.id)
  }

  /**
   * Ends a running job as `canceled`, and answers it when its work is over.
   * @throws AppError JOB_ENDED when it had ended before that.
   */
  async cancel(grant: Grant<'JobCancel'>): Promise<Job> {
    const { id } = grant.target
    const running = this.running.get(id)
    if (!running) {
      if (!(await this.store.end(id, { state: 'canceled', ended_at: nowIso() }))) throw new AppError('JOB_ENDED')
      return this.present(id)
    }
    running.stop('canceled')
    await Promise.race([running.ended, delay(CANCEL_PATIENCE_MS, undefined, { ref: false })])
    const job = await this.present(id)
    // it was over before it could hear of the cancel
    if (job.state === 'succeeded' || job.state === 'failed') throw new AppError('JOB_ENDED')
    return job
  }

  /** The present state first, then each change, at last the ended job. Also of jobs of other processes. */
  async *watch(id: string, signal?: AbortSignal): AsyncGenerator<JobEvent> {
    const running = this.running.get(id)
    if (running) return yield* running.watch(signal)
    let job = await this.present(id)
    yield { job }
    while (job.state === 'running') {
      await delay(REMOTE_EVERY_MS, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined)
      if (signal?.aborted) return
      const before = new Map(job.steps.map((step) => [step.id, JSON.stringify(step)]))
      job = await this.present(id)
      if (job.state !== 'running') yield { job }
      else for (const step of job.steps) if (before.get(step.id) !== JSON.stringify(step)) yield { step }
    }
  }

  /** The job as it is at its end, or as it is when the time is up. */
  async ended(id: string, seconds: number): Promise<Job> {
    const signal = AbortSignal.timeout(seconds * 1_000)
    let job: Job | undefined
    for await (const event of this.watch(id, signal)) if ('job' in event) job = event.job
    return job?.state === 'running' || !job ? this.present(id) : job
  }

  private async present(id: string): Promise<Job> {
    const running = this.running.get(id)
    if (running) return running.view
    const row = await this.store.find(id)
    if (!row) throw new AppError('NOT_FOUND')
    return this.view(row)
  }

  private async view(row: JobRow): Promise<Job> {
    const running = this.running.get(row.id)
    if (running) return running.view
    return jobView(row, await this.names.team(row.team_id), await this.names.user(row.creator_id))
  }

  private async run(job: RunningJob, row: JobRow, work: JobWork): Promise<void> {
    const end = await this.attempt(job, row, work)
    const { outcome, ...change } = end
    const progress = JSON.stringify(job.view.steps)
    const ended = { ...row, ...change, progress, ended_at: nowIso() }
    const { state, result, error, ended_at } = ended
    const ours = await this.store.end(row.id, { state, result, error, progress, ended_at }).catch((failure: unknown) => {
      this.logger.error({ err: failure, job: row.id }, 'the end of a job could not be saved')
      return true
    })
    await this.access.outcome(job.grant, job.grant.principal, outcome)
    const last = ours ? ended : ((await this.store.find(row.id).catch(() => null)) ?? ended)
    job.end(jobView(last, job.view.team, job.view.createdBy))
    this.running.delete(row.id)
  }

  private async attempt(job: RunningJob, row: JobRow, work: JobWork): Promise<End> {
    try {
      const report = (step: JobStep): void => job.report(step)
      const confirm = async (): Promise<void> => {
        if ((await this.store.ended([row.id])).length > 0) job.stop('canceled')
        job.signal.throwIfAborted()
      }
      const result = await work({ signal: job.signal, report, confirm })
      return { state: 'succeeded', result: JSON.stringify(result), error: null, outcome: 'ok' }
    } catch (error) {
      const reason: unknown = job.signal.reason
      if (reason instanceof JobStopped)
        return { state: reason.state, result: null, error: null, outcome: reason.state === 'canceled' ? 'JOB_CANCELED' : 'STOPPING' }
      const problem = toProblem(error, row.request_id)
      if (problem.status >= 500) this.logger.error({ err: error, job: row.id, requestId: row.request_id }, problem.detail)
      return { state: 'failed', result: null, error: JSON.stringify(problem), outcome: error instanceof AppError ? error.code : 'INTERNAL' }
    }
  }

  private async save(): Promise<void> {
    for (const [id, job] of this.running) {
      if (!job.unsaved) continue
      job.unsaved = false
      // the next round or the end brings it
      await this.store.progress(id, JSON.stringify(job.view.steps)).catch(() => (job.unsaved = true))
    }
  }

  private async look(): Promise<void> {
    try {
      for (const id of await this.store.ended([...this.running.keys()])) this.running.get(id)?.stop('canceled')
      if (++this.looks % LOOKS_PER_SWEEP === 0 && !this.store.exclusive) await this.interruptOrphans()
    } catch (error) {
      this.logger.warn({ err: error }, 'jobs could not be looked after')
    }
  }

  private async interruptOrphans(): Promise<void> {
    const alive = this.store.exclusive ? [this.process.id] : [this.process.id, ...(await this.process.alive())]
    for (const row of await this.store.orphans(alive)) await this.store.end(row.id, { state: 'interrupted', ended_at: nowIso() })
  }
}

function place(cursor: string): { createdAt: string; id: string } {
  const [createdAt = '', id = ''] = decodeCursor(cursor).split('|')
  return { createdAt, id }
}
