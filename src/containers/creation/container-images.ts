import { Injectable } from '@nestjs/common'
import type { ImageFacts } from '../../admission/index.js'
import { AppError } from '../../common/errors.js'
import { type ImageAvailable, ImageSource, type ImageWanted } from '../../common/image-source.js'
import { Engine, type ImageInspect } from '../../engine/index.js'

const MOST_KNOWN = 500

/** What a container is to be made of. */
export interface ContainerImage {
  readonly facts: ImageFacts
  /** A pull was waited for: what was decided before it may not be true any more. */
  readonly pulled: boolean
}

/** Images for containers: got for the team, and looked into for what they bring along. */
@Injectable()
export class ContainerImages {
  /** What the content brings along never changes; by content id, for as many as are used at a time. */
  private readonly known = new Map<string, Omit<ImageFacts, 'reference'>>()

  constructor(
    private readonly source: ImageSource,
    private readonly engine: Engine,
  ) {}

  /** @throws AppError INVALID_REFERENCE, IMAGE_NOT_PRESENT, PULL_FAILED, engine errors */
  async get(wanted: ImageWanted): Promise<ContainerImage> {
    const available = await this.source.ensure(wanted)
    const known = this.known.get(available.contentId)
    if (known) return { facts: { ...known, reference: available.reference }, pulled: available.pulled }
    const inspected = await this.engine.images.inspect(available.contentId).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'NOT_FOUND') throw new AppError('IMAGE_NOT_PRESENT', { reference: wanted.reference })
      throw error
    })
    const facts = imageFacts(inspected, available)
    if (this.known.size >= MOST_KNOWN) this.known.clear()
    this.known.set(available.contentId, facts)
    return { facts, pulled: available.pulled }
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
