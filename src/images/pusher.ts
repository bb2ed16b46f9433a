import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import type { ImageReference } from '../common/image-reference.js'
import { Config } from '../config/config.js'
import { Engine } from '../engine/index.js'
import type { JobContext } from '../jobs/index.js'
import { isCode } from './holding-tags.js'
import { layerStep } from './layer-steps.js'
import { TeamRegistryAuth } from './registry-auth.js'
import { ScratchReferences, type TagName } from './scratch.js'
import { unlessStalled } from './stall.js'
import { TeamImages } from './team-images.js'
import { transferProblem } from './transfer-problem.js'

/** What to push, and for whom. */
export interface PushRequest {
  readonly teamId: string
  /** With a tag. */
  readonly reference: ImageReference
  /** What the reference was when the push was asked for: a later move of it does not change what is pushed. */
  readonly contentId: string
}

/** What a push put into the registry. */
export interface Pushed {
  /** As people write it. */
  readonly reference: string
  /** `sha256:…` of the engine's image. */
  readonly id: string
  /** Manifest digest; null where the engine did not tell it. */
  readonly digest: string | null
}

/** Pushes for one team: the public tag is put on the content for as long as the push takes, under the lock of its name. */
@Injectable()
export class Pusher {
  private readonly stallMs: number

  constructor(
    private readonly engine: Engine,
    private readonly scratch: ScratchReferences,
    private readonly images: TeamImages,
    private readonly auth: TeamRegistryAuth,
    config: Config,
  ) {
    this.stallMs = config.BERTH_REGISTRY_TIMEOUT * 1_000
  }

  /** @throws AppError PUSH_FAILED with a reason of transfer-problem.ts; the signal's reason when it is aborted. */
  async push(request: PushRequest, job: JobContext): Promise<Pushed> {
    const { registry, repository, tag, familiar } = request.reference
    const name = { repository: `${registry}/${repository}`, tag: tag ?? 'latest' }
    try {
      const digest = await this.scratch.tag(name, job.signal, () => this.transfer(request, name, job))
      if (digest !== null) await this.images.pushed(request, digest)
      return { reference: familiar, id: request.contentId, digest }
    } catch (error) {
      throw transferProblem(error)
    }
  }

  private async transfer({ teamId, reference, contentId }: PushRequest, name: TagName, job: JobContext): Promise<string | null> {
    const before = await this.digestsOf(contentId)
    const auth = await this.auth.for(teamId, reference, 'push')
    await job.confirm()
    await this.engine.images.tag(contentId, name)
    const events = this.engine.images.push({ ...name, ...(auth && { auth }), signal: job.signal })
    let digest: string | null = null
    for await (const event of unlessStalled(events, this.stallMs, 'PUSH_FAILED')) {
      const step = layerStep(event)
      if (step) job.report(step)
      digest = event.aux?.Digest ?? digest
    }
    job.signal.throwIfAborted()
    if (digest !== null) job.report({ id: 'push', status: 'done', detail: digest })
    if (digest !== null && !before.includes(`${name.repository}@${digest}`)) await this.forget(`${name.repository}@${digest}`)
    return digest
  }

  /** The engine notes the digest at the content, where it would outlive the tag if the operator has one of the name. */
  private async forget(reference: string): Promise<void> {
    await this.engine.images.remove(reference).catch((error: unknown) => {
      if (!isCode(error, 'NOT_FOUND', 'CONFLICT')) throw error
    })
  }

  private async digestsOf(contentId: string): Promise<readonly string[]> {
    try {
      return (await this.engine.images.inspect(contentId)).RepoDigests ?? []
    } catch (error) {
      throw isCode(error, 'NOT_FOUND') ? new AppError('PUSH_FAILED', { reason: 'the engine has lost the image' }) : error
    }
  }
}
