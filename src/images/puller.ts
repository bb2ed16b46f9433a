import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { type ImageReference, parseImageReference } from '../common/image-reference.js'
import { Config } from '../config/config.js'
import { Engine, type RegistryAuth, type TransferOptions } from '../engine/index.js'
import type { JobContext } from '../jobs/index.js'
import { isCode } from './holding-tags.js'
import { layerStep } from './layer-steps.js'
import { TeamRegistryAuth } from './registry-auth.js'
import { ScratchReferences } from './scratch.js'
import { unlessStalled } from './stall.js'
import { TeamImages } from './team-images.js'
import { transferProblem } from './transfer-problem.js'

/** What to pull, and for whom. */
export interface PullRequest {
  readonly teamId: string
  readonly reference: ImageReference
  readonly creatorId: string
}

/** What a pull brought. */
export interface Pulled {
  /** As people write it. */
  readonly reference: string
  /** `sha256:…` of the engine's image. */
  readonly id: string
  /** Manifest digest; null where the registry did not tell one. */
  readonly digest: string | null
}

/** A request with what the registry gets to see of the team. */
interface Source extends PullRequest {
  readonly auth?: RegistryAuth
}

interface Content {
  readonly id: string
  readonly digest: string | null
}

/** Another gateway process may drop the scratch reference between our pull and our look at it: the second pull is a look. */
const ATTEMPTS = 3

/**
 * Pulls for one team: the tag is resolved to a digest, the digest is pulled, the team's reference points to the content, and
 * what the pull wrote on the engine is dropped again, so that only holding tags remain.
 */
@Injectable()
export class Puller {
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

  /** @throws AppError PULL_FAILED with a reason of transfer-problem.ts; the signal's reason when it is aborted. */
  async pull(request: PullRequest, job: JobContext): Promise<Pulled> {
    try {
      const auth = await this.auth.for(request.teamId, request.reference, 'pull')
      const source = { ...request, ...(auth && { auth }) }
      const digest = await this.resolve(source, job)
      return digest === null ? await this.byTag(source, job) : await this.byDigest(source, digest, job)
    } catch (error) {
      throw transferProblem(error)
    }
  }

  /**
   * The registry is asked for a digest, too: the engine answers a pull by digest from what it has of anybody, without a question whether this team
   * may have it. Null: a mirror of the hub may have what its first answer denied, which only a pull finds out.
   */
  private async resolve({ reference, auth }: Source, { signal, report }: JobContext): Promise<string | null> {
    report({ id: 'resolve', status: 'working' })
    const late = AbortSignal.timeout(this.stallMs)
    try {
      const options = { signal: AbortSignal.any([signal, late]), ...(auth && { auth }) }
      const { Descriptor } = await this.engine.images.distributionInspect(reference.normalised, options)
      const digest = reference.digest ?? Descriptor.digest
      report({ id: 'resolve', status: 'done', detail: digest })
      return digest
    } catch (error) {
      signal.throwIfAborted()
      if (late.aborted || isCode(error, 'ENGINE_TIMEOUT')) throw new AppError('PULL_FAILED', { reason: 'the registry does not answer' })
      if (!isCode(error, 'PULL_FAILED') || reference.registry !== 'docker.io' || reference.digest) throw error
      report({ id: 'resolve', status: 'skipped' })
      return null
    }
  }

  private byDigest(request: Source, digest: string, job: JobContext): Promise<Pulled> {
    const repository = repositoryOf(request.reference)
    const scratch = `${repository}@${digest}`
    return this.scratch.digest(scratch, job.signal, async () => {
      const id = await this.transfer({ repository, tag: digest, ...authOf(request) }, scratch, job)
      return this.take(request, { id, digest }, job)
    })
  }

  private byTag(request: Source, job: JobContext): Promise<Pulled> {
    const name = { repository: repositoryOf(request.reference), tag: request.reference.tag ?? 'latest' }
    return this.scratch.tag(name, job.signal, async () => {
      const id = await this.transfer({ ...name, ...authOf(request) }, `${name.repository}:${name.tag}`, job)
      // the digest reference that the engine adds goes with the tag: the last tag of a repository takes them along
      return this.take(request, { id, digest: await this.digestOf(id, name.repository) }, job)
    })
  }

  /** Brings it to the engine, and answers the content's id. */
  private async transfer(source: TransferOptions, scratch: string, { signal, report }: JobContext): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      for await (const event of unlessStalled(this.engine.images.pull({ ...source, signal }), this.stallMs, 'PULL_FAILED')) {
        const step = layerStep(event)
        if (step) report(step)
      }
      signal.throwIfAborted()
      try {
        return (await this.engine.images.inspect(scratch)).Id
      } catch (error) {
        if (!isCode(error, 'NOT_FOUND') || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** Null where it is not certain: one content may have come by several manifests. */
  private async digestOf(id: string, repository: string): Promise<string | null> {
    const { RepoDigests } = await this.engine.images.inspect(id)
    const own = (RepoDigests ?? []).map((text) => parseImageReference(text)).filter((each) => repositoryOf(each) === repository)
    return own.length === 1 ? own[0]!.digest : null
  }

  private async take(request: PullRequest, content: Content, job: JobContext): Promise<Pulled> {
    await job.confirm()
    const { teamId, creatorId, reference } = request
    await this.images.point({ teamId, reference: reference.normalised, contentId: content.id, digest: content.digest, creatorId })
    return { reference: reference.familiar, ...content }
  }
}

function authOf({ auth }: Source): Pick<TransferOptions, 'auth'> {
  return auth ? { auth } : {}
}

function repositoryOf({ registry, repository }: ImageReference): string {
  return `${registry}/${repository}`
}
