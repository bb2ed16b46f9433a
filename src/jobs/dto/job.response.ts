import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import type { JobRow } from '../../store/schema.js'

export const JOB_STATES = ['running', 'succeeded', 'failed', 'canceled', 'interrupted'] as const satisfies readonly JobRow['state'][]
export type JobState = JobRow['state']

/** One layer or step of a job, as it is now. */
export class JobStep {
  /** Layer digest or name of the step; the same through all its states. */
  id!: string
  /** Where it is: `waiting`, `downloading`, `extracting`, `exists`, `done` … */
  status!: string
  /** Bytes (or pieces) done. */
  current?: number
  /** Bytes (or pieces) in all, where known. */
  total?: number
  /** A word more, such as the digest that a tag resolved to. */
  detail?: string
}

/** One thing that is wrong. */
export class JobFault {
  /** JSON pointer. */
  pointer!: string
  detail!: string
}

/** One thing that the profile does not allow. */
export class JobViolation {
  path!: string
  profile!: string
  rule!: string
}

/** Why a job failed: the problem details that a request would have got. */
export class JobError {
  type!: string
  title!: string
  status!: number
  code!: string
  detail!: string
  hint!: string
  requestId!: string
  /** Where the fault is: a field, an entry of an archive, a line of a Dockerfile. */
  @ApiPropertyOptional({ type: [JobFault] })
  errors?: JobFault[]
  /** What the profile of the team does not allow. */
  @ApiPropertyOptional({ type: [JobViolation] })
  violations?: JobViolation[]
}

/** Long work that outlives the request that started it. */
export class Job {
  id!: string
  /** `images.pull` and the like. */
  kind!: string
  /** The operation that was decided on when it started. */
  operation!: string
  /** Name of the team that it works for; null for work on the host. */
  @ApiProperty({ type: String, nullable: true })
  team!: string | null
  @ApiProperty({ enum: JOB_STATES, enumName: 'JobState' })
  state!: JobState
  /** What it works on, such as the reference of a pull. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  subject!: Record<string, string>
  @ApiProperty({ type: [JobStep] })
  steps!: JobStep[]
  /** What came out, once it has succeeded; the fields depend on the kind. */
  @ApiProperty({ type: 'object', nullable: true, additionalProperties: true })
  result!: Record<string, unknown> | null
  /** Why it failed. */
  @ApiProperty({ type: JobError, nullable: true })
  error!: JobError | null
  /** User name; null when the user exists no more. */
  @ApiProperty({ type: String, nullable: true })
  createdBy!: string | null
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  endedAt!: string | null
}

/** One page of jobs, newest first. */
export class JobPage {
  @ApiProperty({ type: [Job] })
  items!: Job[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
