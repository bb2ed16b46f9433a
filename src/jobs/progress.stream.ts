import { Injectable } from '@nestjs/common'
import { IsUUID } from 'class-validator'
import type { Grant } from '../access/index.js'
import { type OpenStream, type OwnEnd, type StreamContext, StreamKind, type StreamItem, type StreamSource } from '../streams/source.js'
import { Jobs } from './jobs.service.js'

export class JobProgressParams {
  /** Id of the job. */
  @IsUUID()
  job!: string
}

const STEP = {
  type: 'object',
  required: ['id', 'status'],
  properties: {
    id: { type: 'string' },
    status: { type: 'string' },
    current: { type: 'integer' },
    total: { type: 'integer' },
    detail: { type: 'string' },
  },
}
const FRAMES = [
  { type: 'object', description: 'the whole job: first, and again at its end', required: ['job'], properties: { job: { type: 'object' } } },
  { type: 'object', description: 'one step as it is now', required: ['step'], properties: { step: STEP } },
]

/** Progress of a job: `{job}` first, `{step}` for each change, `{job}` again at its end. */
@Injectable()
@StreamKind({
  kind: 'job.progress',
  operation: 'JobProgress',
  params: JobProgressParams,
  summary: 'Progress of a job, until it ends',
  frames: FRAMES,
})
export class JobProgressStream implements StreamSource<'JobProgress', JobProgressParams> {
  constructor(private readonly jobs: Jobs) {}

  pointers({ job }: JobProgressParams) {
    return [{ ref: job }]
  }

  async open(
    [grant]: readonly Grant<'JobProgress'>[],
    _params: JobProgressParams,
    { signal }: StreamContext<'JobProgress'>,
  ): Promise<OpenStream> {
    return Promise.resolve({ output: this.follow(grant!.target.id, signal) })
  }

  private async *follow(id: string, signal: AbortSignal): AsyncGenerator<StreamItem, OwnEnd> {
    for await (const event of this.jobs.watch(id, signal)) yield { frames: [event] }
    return { reason: 'ended' }
  }
}
