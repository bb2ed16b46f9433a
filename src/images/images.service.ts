import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type ImageReference, parseImageReference } from '../common/image-reference.js'
import { type Job, Jobs } from '../jobs/index.js'
import type { ImageReferenceRow } from '../store/schema.js'
import type { PullImageBody, PushImageBody, TagImageBody } from './dto/image.body.js'
import type { RemoveImageQuery } from './dto/image.query.js'
import type { ImageRemoval, ImageTagged } from './dto/image.response.js'
import { ImageUsage } from './image-usage.js'
import { references } from './image-view.js'
import { Puller } from './puller.js'
import { Pusher } from './pusher.js'
import { isOfRepository, TeamImages } from './team-images.js'

/** What changes a team's images. */
@Injectable()
export class Images {
  constructor(
    private readonly jobs: Jobs,
    private readonly puller: Puller,
    private readonly pusher: Pusher,
    private readonly images: TeamImages,
    private readonly usage: ImageUsage,
  ) {}

  /** Starts the pull. @throws AppError INVALID_REFERENCE, INVALID_REQUEST; what fails later is in the job. */
  pull(grant: Grant<'ImageCreate'>, body: PullImageBody): Promise<Job> {
    const { team } = grant.target
    const reference = parseImageReference(body.reference)
    assertSameRegistry(reference, body.registry)
    const request = { teamId: team.id, reference, creatorId: grant.principal.userId }
    return this.jobs.start(grant, { kind: 'images.pull', team, subject: { reference: reference.familiar } }, async (job) => ({
      ...(await this.puller.pull(request, job)),
    }))
  }

  /** Starts the push of what the reference is now. @throws AppError NOT_FOUND, INVALID_REFERENCE, INVALID_REQUEST; what fails later is in the job. */
  async push(grant: Grant<'ImagePush'>, body: PushImageBody): Promise<Job> {
    const { team } = grant.target
    const reference = parseImageReference(body.reference)
    if (reference.digest !== null) throw tagWanted('/reference')
    assertSameRegistry(reference, body.registry)
    const row = await this.images.at(team.id, reference.normalised)
    if (!row) throw new AppError('NOT_FOUND')
    const request = { teamId: team.id, reference, contentId: row.content_id }
    return this.jobs.start(grant, { kind: 'images.push', team, subject: { reference: reference.familiar } }, async (job) => ({
      ...(await this.pusher.push(request, job)),
    }))
  }

  /** One more reference to content that the team has, or that the library has. @throws AppError NOT_FOUND, INVALID_REFERENCE */
  async tag(grant: Grant<'ImageTag'>, body: TagImageBody): Promise<ImageTagged> {
    const { team } = grant.target
    const target = parseImageReference(body.target)
    if (target.digest !== null) throw tagWanted('/target')
    const source = await this.images.find(team.id, body.source)
    // a digest is of one repository: elsewhere nobody has pushed it
    const digest = isOfRepository(source.reference, target) ? source.digest : null
    const { content_id: contentId } = source
    await this.images.point({ teamId: team.id, reference: target.normalised, contentId, digest, creatorId: grant.principal.userId })
    return { reference: target.familiar, id: contentId }
  }

  /**
   * Removes the reference, or by id all of the team's references to the content. Other teams' never change, and never show.
   * @throws AppError NOT_FOUND, IMAGE_IN_USE when it is the last one and own containers use the content
   */
  async remove(grant: Grant<'ImageDelete'>, query: RemoveImageQuery): Promise<ImageRemoval> {
    const { team, reference, contentId } = grant.target
    const all = await this.images.ofContent(team.id, contentId)
    const rows = reference === null ? all : all.filter((row) => row.reference === reference)
    const last = rows.length === all.length
    const count = last ? await this.usage.byTeam(team.id, contentId) : 0
    if (count > 0 && query.force !== true) throw new AppError('IMAGE_IN_USE', { count })
    const untagged = await this.drop(rows)
    return { untagged, deleted: last && count === 0 ? [contentId] : [] }
  }

  private async drop(rows: readonly ImageReferenceRow[]): Promise<string[]> {
    const gone = []
    for (const row of rows) if (await this.images.drop(row)) gone.push(row)
    if (gone.length === 0) throw new AppError('NOT_FOUND')
    return references(gone)
  }
}

/** Credentials are found by the host of the reference: those of another registry must never go there. */
function assertSameRegistry({ registry }: ImageReference, named: string | undefined): void {
  if (named === undefined || named === registry) return
  const detail = `must be the registry of the reference, ${registry}; it may be left out`
  throw new AppError('INVALID_REQUEST', { reason: 'the registry is another one', errors: [{ pointer: '/registry', detail }] })
}

function tagWanted(pointer: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: 'a digest can not be given', errors: [{ pointer, detail: 'must be a name and a tag' }] })
}
