import { Injectable } from '@nestjs/common'
import type { Grant, OperationId } from '../access/index.js'
import type { BytesIn } from '../common/bytes.js'
import { passing } from '../common/passing.js'
import { type Job, type JobContext, type JobRequest, Jobs } from '../jobs/index.js'

/** How often the progress of an upload is told. */
const REPORT_BYTES = 1024 * 1024

/** What a job does with the bytes that come with the request that starts it. */
export type UploadWork = (job: JobContext, chunks: AsyncIterable<Uint8Array>) => Promise<Record<string, unknown>>

/** Jobs that take the body of their request: it is answered when all of it is in, or the job over before that. */
@Injectable()
export class UploadJobs {
  constructor(private readonly jobs: Jobs) {}

  async start(grant: Grant<OperationId>, request: JobRequest, body: BytesIn, work: UploadWork): Promise<Job> {
    const upload = Promise.withResolvers<'taken' | 'over'>()
    const job = await this.jobs.start(grant, request, (context) =>
      work(
        context,
        counted(body, context, () => upload.resolve('taken')),
      ).finally(() => upload.resolve('over')),
    )
    // the job is over before its body is in only when it failed, or was canceled
    return (await upload.promise) === 'over' ? this.jobs.ended(job.id, 5) : job
  }
}

function counted({ chunks, size }: BytesIn, { report }: JobContext, taken: () => void): AsyncIterable<Uint8Array> {
  const total = size === null ? {} : { total: size }
  let [current, told] = [0, 0]
  report({ id: 'upload', status: 'receiving', current, ...total })
  return passing(chunks, {
    item: ({ length }) => {
      current += length
      if (current - told < REPORT_BYTES) return
      told = current
      report({ id: 'upload', status: 'receiving', current, ...total })
    },
    end: () => {
      report({ id: 'upload', status: 'done', current, total: current })
      taken()
    },
  })
}

/**
 * Bytes on their way to the engine: when they fail on the way, that is why the call failed, whatever the engine says of half
 * a body.
 */
export async function sending<T>(chunks: AsyncIterable<Uint8Array>, send: (chunks: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  let failure: { readonly error: unknown } | undefined
  try {
    return await send(passing(chunks, { failed: (error) => (failure = { error }) }))
  } catch (error) {
    throw failure ? failure.error : error
  }
}
