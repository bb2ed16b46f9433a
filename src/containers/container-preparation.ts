import { Injectable } from '@nestjs/common'
import type { Grant, TeamRef } from '../access/index.js'
import { type ContainerParts, type ContainerRequest, type ImageFacts, judgeContainer, TeamPolicies } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import type { PullPolicy } from '../common/image-source.js'
import { ContainerImages } from './container-images.js'
import type { CreateContainerBody } from './dto/create-container.body.js'
import { Host } from './host-facts.js'
import { type MountPlan, MountPlans } from './mount-plan.js'
import { TeamContainers } from './team-containers.js'

/** Everything that is known of a container before its image is. */
export type Draft = Omit<ContainerParts, 'image' | 'network' | 'mounts'> & { readonly mounts: MountPlan }

/** Judged with its image; nothing is made for it yet but what a pull brought. */
export type Prepared = Draft & { readonly image: ImageFacts }

/** What came of a judgement: null where it would be made. */
export interface Judged {
  readonly refusal: AppError | null
  /** False: the team has no such image yet, so nothing is known of what it brings in. */
  readonly imageJudged: boolean
}

/** Who asks, for which team. */
export interface Asking {
  readonly team: TeamRef
  readonly userId: string
  readonly requestId: string
}

export function askingOf({ target, principal, requestId }: Grant<'ContainerCreate' | 'PolicyCheck'>): Asking {
  return { team: target.team, userId: principal.userId, requestId }
}

/** From a request to what can be made: policy, references and image, judged as early as each is known. */
@Injectable()
export class ContainerPreparation {
  constructor(
    private readonly policies: TeamPolicies,
    private readonly host: Host,
    private readonly images: ContainerImages,
    private readonly plans: MountPlans,
    private readonly containers: TeamContainers,
  ) {}

  /**
   * Judges the request before its image is looked for, and again with what the image brings in.
   * @throws AppError INVALID_REQUEST, POLICY_DENIED, IMAGE_NOT_PRESENT, PULL_FAILED
   */
  async prepare(asking: Asking, body: CreateContainerBody, pull: PullPolicy = body.pull ?? 'missing'): Promise<Prepared> {
    const draft = await this.draft(asking, body)
    judgeContainer({ ...draft, image: null, network: null })
    const image = await this.images.get({ ...asking, reference: body.image, policy: pull })
    const prepared = { ...draft, image, mounts: this.plans.withImage(draft.mounts, image.volumes) }
    judgeContainer({ ...prepared, network: null })
    return prepared
  }

  /** The same judgement with all that is known by now: nothing is pulled for it. @throws AppError INVALID_REFERENCE of the image, engine errors */
  async judge(asking: Asking, body: CreateContainerBody): Promise<Judged> {
    const drafted = await this.draft(asking, body).catch(refusalOf)
    if (drafted instanceof AppError) return { refusal: drafted, imageJudged: false }
    const image = await this.images.get({ ...asking, reference: body.image, policy: 'never' }).catch(ifNotPresent)
    const mounts = image ? this.plans.withImage(drafted.mounts, image.volumes) : drafted.mounts
    try {
      judgeContainer({ ...drafted, image, mounts, network: null })
      return { refusal: null, imageJudged: image !== null }
    } catch (error) {
      return { refusal: refusalOf(error), imageJudged: image !== null }
    }
  }

  private async draft({ team }: Asking, body: CreateContainerBody): Promise<Draft> {
    const [policy, host] = await Promise.all([this.policies.of(team.id), this.host.facts()])
    const mounts = await this.plans.plan({ request: body, team, policy })
    const request: ContainerRequest = body
    const shared = /^container:(.*)$/s.exec(request.network ?? '')?.[1]
    if (shared === undefined) return { request, policy, host, mounts }
    const { id } = await this.containers.find(shared, team, '/network')
    return { request: { ...request, network: `container:${id}` }, policy, host, mounts, containers: new Set([id]) }
  }
}

function ifNotPresent(error: unknown): null {
  if (error instanceof AppError && error.code === 'IMAGE_NOT_PRESENT') return null
  throw error
}

function refusalOf(error: unknown): AppError {
  if (error instanceof AppError && ['INVALID_REQUEST', 'POLICY_DENIED'].includes(error.code)) return error
  throw error
}
