import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { TeamPolicies } from '../admission/index.js'
import type { BytesIn } from '../common/bytes.js'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import type { Job } from '../jobs/index.js'
import { BUILD_KIND } from './build/build-leftovers.js'
import { textsOf } from './build/texts.js'
import { type BuildRequest, Builder } from './builder.js'
import type { BuildImageQuery } from './dto/build.query.js'
import { assertTagged } from './new-content.js'
import { UploadJobs } from './upload.js'

/** Images out of Dockerfiles. */
@Injectable()
export class ImageBuilds {
  constructor(
    private readonly uploads: UploadJobs,
    private readonly builder: Builder,
    private readonly policies: TeamPolicies,
  ) {}

  /** Takes the context and starts the build. @throws AppError INVALID_REFERENCE, INVALID_REQUEST; what is wrong with the context is in the job */
  async build(grant: Grant<'ImageBuild'>, query: BuildImageQuery, body: BytesIn): Promise<Job> {
    const { team } = grant.target
    const reference = parseImageReference(query.reference)
    assertTagged(reference, '/query/reference')
    if (query.noCache === true && query.cacheFrom !== undefined) throw both()
    const { profile } = await this.policies.of(team.id)
    const request: BuildRequest = {
      team,
      query,
      to: { teamId: team.id, reference, creatorId: grant.principal.userId },
      buildArgs: textsOf(query.buildArgs, 'buildArgs'),
      labels: textsOf(query.labels, 'labels'),
      mayPull: grant.holds('images.pull', team),
      ...(profile === 'restricted' && { noCommands: { profile, rule: 'no RUN: the commands of a build run as root' } }),
    }
    const subject = { reference: reference.familiar }
    return this.uploads.start(grant, { kind: BUILD_KIND, team, subject }, body, async (job, chunks) => ({
      ...(await this.builder.build(request, job, chunks)),
    }))
  }
}

function both(): AppError {
  const errors = [{ pointer: '/query/cacheFrom', detail: 'can not be given with noCache' }]
  return new AppError('INVALID_REQUEST', { reason: 'two parameters contradict each other', errors })
}
