import { Injectable } from '@nestjs/common'
import type { ImageFacts } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import { type ImageAvailable, ImageSource, type ImageWanted } from '../common/image-source.js'
import { Engine, type ImageInspect } from '../engine/index.js'

/** Images for containers: got for the team, and looked into for what they bring along. */
@Injectable()
export class ContainerImages {
  constructor(
    private readonly source: ImageSource,
    private readonly engine: Engine,
  ) {}

  /** @throws AppError INVALID_REFERENCE, IMAGE_NOT_PRESENT, PULL_FAILED, engine errors */
  async get(wanted: ImageWanted): Promise<ImageFacts> {
    const available = await this.source.ensure(wanted)
    const inspected = await this.engine.images.inspect(available.contentId).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'NOT_FOUND') throw new AppError('IMAGE_NOT_PRESENT', { reference: wanted.reference })
      throw error
    })
    return imageFacts(inspected, available)
  }
}

function imageFacts({ Config: config }: ImageInspect, { contentId, reference }: ImageAvailable): ImageFacts {
  return {
    contentId,
    reference,
    labels: config?.Labels ?? {},
    volumes: Object.keys(config?.Volumes ?? {}),
    exposed: Object.keys(config?.ExposedPorts ?? {}),
    workingDir: config?.WorkingDir ?? '',
    user: config?.User ?? '',
    healthcheck: (config?.['Healthcheck'] as ImageFacts['healthcheck'] | undefined) ?? null,
  }
}
