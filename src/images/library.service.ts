import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type ImageReference, parseImageReference } from '../common/image-reference.js'
import { Config } from '../config/config.js'
import { Engine, type ImageInspect } from '../engine/index.js'
import { LIBRARY } from '../store/image-references.store.js'
import type { PutLibraryBody } from './dto/image.body.js'
import type { LibraryImage } from './dto/image.response.js'
import { isCode } from './holding-tags.js'
import { ScratchReferences } from './scratch.js'
import { isImageId, TeamImages } from './team-images.js'

/**
 * The read-only library: images that the host's operator has on the engine and that every team may use. Those of
 * BERTH_LIBRARY_IMAGES are taken whenever the engine comes up; administrators publish more. The operator's own tags stay.
 */
@Injectable()
export class Library implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('library')
  private unlisten: (() => void) | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly config: Config,
    private readonly engine: Engine,
    private readonly images: TeamImages,
    private readonly scratch: ScratchReferences,
  ) {}

  onApplicationBootstrap(): void {
    this.unlisten = this.engine.onState((state) => void (state.up && this.schedule()))
    if (this.engine.state.up) this.schedule()
  }

  async onApplicationShutdown(): Promise<void> {
    this.unlisten?.()
    await this.running
  }

  /** @throws AppError NOT_FOUND when the engine has no such image */
  async put(grant: Grant<'LibraryPut'>, ref: string, body: PutLibraryBody): Promise<LibraryImage> {
    const reference = parseImageReference(ref)
    if (reference.digest !== null) throw new AppError('INVALID_REFERENCE', { reason: 'name it with a tag; a digest can not be given' })
    const source = body.image ?? ref
    const image = isImageId(source)
      ? await this.engine.images.inspect(source)
      : await this.operators(parseImageReference(source).normalised)
    await this.publish(reference, image, grant.principal.userId)
    return { reference: reference.familiar, id: image.Id }
  }

  /** Takes the reference out of the library; the operator's image stays. @throws AppError NOT_FOUND */
  async remove(_grant: Grant<'LibraryDelete'>, ref: string): Promise<void> {
    const row = await this.images.at(LIBRARY, parseImageReference(ref).normalised)
    if (!row || !(await this.images.drop(row))) throw new AppError('NOT_FOUND')
  }

  /** Takes the listed images that the engine has now. */
  async sync(): Promise<void> {
    for (const text of this.config.BERTH_LIBRARY_IMAGES) {
      const reference = parseImageReference(text)
      try {
        const image = await this.operators(reference.normalised)
        const row = await this.images.at(LIBRARY, reference.normalised)
        if (row?.content_id !== image.Id) await this.publish(reference, image, null)
      } catch (error) {
        if (!isCode(error, 'NOT_FOUND')) throw error
        this.logger.warn(`BERTH_LIBRARY_IMAGES: the engine has no image ${reference.familiar}`)
      }
    }
  }

  /** While a team pushes, the engine has the team's content under the name. @throws AppError NOT_FOUND */
  private async operators(reference: string): Promise<ImageInspect> {
    const id = await this.scratch.operators(reference)
    if (id === null) throw new AppError('NOT_FOUND')
    return this.engine.images.inspect(id)
  }

  private async publish(reference: ImageReference, image: ImageInspect, creatorId: string | null): Promise<void> {
    const own = (image.RepoDigests ?? []).filter((text) =>
      text.startsWith(`${reference.familiar.slice(0, -(reference.tag ?? '').length - 1)}@`),
    )
    const digest = own.length === 1 ? own[0]!.slice(own[0]!.indexOf('@') + 1) : null
    await this.images.point({
      teamId: LIBRARY,
      reference: reference.normalised,
      contentId: image.Id,
      digest: reference.digest ?? digest,
      creatorId,
    })
  }

  private schedule(): void {
    this.running = this.running
      .then(() => this.sync())
      .catch(
        (error: unknown) => void (this.engine.state.up && this.logger.error({ err: error }, 'the library could not be brought up to date')),
      )
  }
}
