import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { type ContainerParts, type ContainerRequest, type ImageFacts, judgeContainer, TeamPolicies } from '../admission/index.js'
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
  async prepare(grant: Grant<'ContainerCreate'>, body: CreateContainerBody, pull: PullPolicy = body.pull ?? 'missing'): Promise<Prepared> {
    const draft = await this.draft(grant, body)
    judgeContainer({ ...draft, image: null, network: null })
    const { team } = grant.target
    const { userId } = grant.principal
    const image = await this.images.get({ team, reference: body.image, policy: pull, requestId: grant.requestId, userId })
    const prepared = { ...draft, image, mounts: this.plans.withImage(draft.mounts, image.volumes) }
    judgeContainer({ ...prepared, network: null })
    return prepared
  }

  private async draft({ target: { team } }: Grant<'ContainerCreate'>, body: CreateContainerBody): Promise<Draft> {
    const [policy, host] = await Promise.all([this.policies.of(team.id), this.host.facts()])
    const mounts = await this.plans.plan({ request: body, team, policy })
    const request: ContainerRequest = body
    const shared = /^container:(.*)$/s.exec(request.network ?? '')?.[1]
    if (shared === undefined) return { request, policy, host, mounts }
    const { id } = await this.containers.find(shared, team, '/network')
    return { request: { ...request, network: `container:${id}` }, policy, host, mounts, containers: new Set([id]) }
  }
}
