import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import { Engine } from '../engine/index.js'
import { type Job, type JobContext, Jobs } from '../jobs/index.js'
import { assertChanges } from './changes.js'
import type { CommitContainerBody } from './dto/commit.body.js'
import { assertTagged, type Destination, type Made, NewContent } from './new-content.js'

/** Makes images out of containers. */
@Injectable()
export class ImageCommits {
  constructor(
    private readonly jobs: Jobs,
    private readonly engine: Engine,
    private readonly content: NewContent,
  ) {}

  /** Starts the commit, which becomes a reference of the container's team. @throws AppError INVALID_REFERENCE, INVALID_REQUEST */
  async commit(grant: Grant<'ImageCommit'>, body: CommitContainerBody): Promise<Job> {
    const { team, name, engineId } = grant.target
    const reference = parseImageReference(body.reference)
    assertTagged(reference, '/reference')
    assertChanges(body.changes ?? [])
    if (!team) throw new AppError('NOT_FOUND')
    const to: Destination = { teamId: team.id, reference, creatorId: grant.principal.userId }
    const subject = { container: name, reference: reference.familiar }
    return this.jobs.start(grant, { kind: 'images.commit', team, subject }, async (job) => ({
      ...(await this.run(engineId, to, body, job)),
    }))
  }

  private async run(container: string, to: Destination, body: CommitContainerBody, job: JobContext): Promise<Made> {
    const { message, author, changes, pause } = body
    const { Config: config } = await this.engine.containers.inspect(container)
    job.report({ id: 'commit', status: 'working' })
    const made = await this.content.make(to, job, (tag) =>
      this.engine.images.commit(container, {
        ...tag,
        signal: job.signal,
        pause: pause !== false,
        changes: changes ?? [],
        labels: withoutOurs(config.Labels ?? {}),
        ...(message !== undefined && { message }),
        ...(author !== undefined && { author }),
      }),
    )
    job.report({ id: 'commit', status: 'done', detail: made.id })
    return made
  }
}

/** An image inherits the labels of its container; those that say whose the container is are emptied, which counts as absent. */
function withoutOurs(labels: Readonly<Record<string, string>>): Record<string, string> {
  const ours = Object.keys(labels).filter((key) => /^berth\./i.test(key))
  return Object.fromEntries(ours.map((key) => [key, '']))
}
