import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import type { ImageReference } from '../common/image-reference.js'
import type { JobContext } from '../jobs/index.js'
import { HoldingTags } from './holding-tags.js'
import type { TagName } from './scratch.js'
import { TeamImages } from './team-images.js'

/** Which reference of which team shall get the content. */
export interface Destination {
  readonly teamId: string
  readonly reference: ImageReference
  readonly creatorId: string
}

/** Content that was made for a team. */
export interface Made {
  /** As people write it. */
  readonly reference: string
  /** `sha256:…` of the engine's image. */
  readonly id: string
}

/** Content that comes from elsewhere than a registry: it is made under a tag of its own, and the reference points to it at the end. */
@Injectable()
export class NewContent {
  constructor(
    private readonly holding: HoldingTags,
    private readonly images: TeamImages,
  ) {}

  /**
   * `make` puts the content on the engine under the tag and answers its id. Whatever happens, the tag goes; and with it the
   * content, unless the reference has it by then.
   */
  async make(to: Destination, job: JobContext, make: (tag: TagName) => Promise<string>): Promise<Made> {
    const work = this.holding.work(this.holding.place(to.teamId, to.reference.normalised))
    try {
      const id = await make(work)
      await job.confirm()
      await this.point(to, id)
      return { reference: to.reference.familiar, id }
    } finally {
      await this.holding.endWork(work)
    }
  }

  /** Points the reference to content that is on the engine under some tag of ours. */
  async point({ teamId, reference, creatorId }: Destination, contentId: string): Promise<void> {
    await this.images.point({ teamId, reference: reference.normalised, contentId, digest: null, creatorId })
  }
}

/** New content gets a name and a tag. @throws AppError INVALID_REQUEST */
export function assertTagged({ digest }: ImageReference, pointer: string): void {
  if (digest === null) return
  throw new AppError('INVALID_REQUEST', { reason: 'a digest can not be given', errors: [{ pointer, detail: 'must be a name and a tag' }] })
}
