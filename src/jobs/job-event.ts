import type { TeamRef } from '../access/index.js'
import type { JobRow } from '../store/schema.js'
import type { Job, JobError, JobStep } from './dto/job.response.js'

/** What a watcher of a job sees: the whole job first and at its end, single steps between. */
export type JobEvent = { readonly job: Job } | { readonly step: JobStep }

/** A row as clients see it. */
export function jobView(row: JobRow, team: string | null, createdBy: string | null): Job {
  return {
    id: row.id,
    kind: row.kind,
    operation: row.operation,
    team,
    state: row.state,
    subject: JSON.parse(row.subject) as Record<string, string>,
    steps: JSON.parse(row.progress) as JobStep[],
    result: row.result === null ? null : (JSON.parse(row.result) as Record<string, unknown>),
    error: row.error === null ? null : (JSON.parse(row.error) as JobError),
    createdBy,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  }
}

/** What is asked of a new job. */
export interface JobRequest {
  /** `noun.verb`. */
  readonly kind: string
  readonly team: TeamRef | null
  /** Small facts that tell this job from others: never a secret. */
  readonly subject: Readonly<Record<string, string>>
}

/** What the work of a job gets. */
export interface JobContext {
  /** Aborted when it is canceled or the process stops: the work must end soon, and leave nothing half made. */
  readonly signal: AbortSignal
  /** Tells the present state of one step; cheap, so call it as often as something changes. */
  readonly report: (step: JobStep) => void
  /** Before what can't be taken back: throws when it was canceled meanwhile, also by another process that this one has not heard of yet. */
  readonly confirm: () => Promise<void>
}

/** The work itself; what it returns becomes the job's result. */
export type JobWork = (job: JobContext) => Promise<Record<string, unknown>>
