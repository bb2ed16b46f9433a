import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import { type ImageAvailable, ImageSource, type ImageWanted } from '../common/image-source.js'
import { Inventory } from '../engine/index.js'
import type { JobContext } from '../jobs/index.js'
import { Puller } from './puller.js'
import { isImageId, TeamImages } from './team-images.js'

/** Nobody watches a pull that a creation waits for. */
const unwatched = (signal: AbortSignal): JobContext => ({ signal, report: () => undefined, confirm: async () => signal.throwIfAborted() })
const NEVER = new AbortController().signal

/** Gets an image for a team: its own reference, then the library's, then a pull, as the policy allows. */
@Injectable()
export class TeamImageSource extends ImageSource {
  constructor(
    private readonly images: TeamImages,
    private readonly puller: Puller,
    private readonly inventory: Inventory,
  ) {
    super()
  }

  ensure(wanted: ImageWanted): Promise<ImageAvailable> {
    return this.get(wanted, unwatched(wanted.signal ?? NEVER))
  }

  /** As ensure, for a job that shows the pull and may be canceled. */
  async get(wanted: ImageWanted, job: JobContext): Promise<ImageAvailable> {
    const byId = isImageId(wanted.reference)
    const reference = byId ? null : parseImageReference(wanted.reference)
    if (byId || wanted.policy !== 'always') {
      const found = await this.present(wanted)
      if (found) return found
    }
    if (reference === null || wanted.policy === 'never') throw new AppError('IMAGE_NOT_PRESENT', { reference: wanted.reference })
    const request = { teamId: wanted.team.id, reference, creatorId: wanted.userId }
    const { id } = await this.puller.pull(request, job)
    return { contentId: id, reference: reference.normalised, pulled: true }
  }

  /** What the team or the library has, unless the engine lost its content. */
  private async present({ team, reference }: ImageWanted): Promise<ImageAvailable | null> {
    const row = await this.images.lookUp(team.id, reference)
    if (!row || (!this.inventory.stale && !this.inventory.images.get(row.content_id))) return null
    return { contentId: row.content_id, reference: isImageId(reference) ? row.content_id : row.reference, pulled: false }
  }
}
