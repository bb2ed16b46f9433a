import { Injectable } from '@nestjs/common'
import { type Grant, OBJECT_NAME } from '../access/index.js'
import { type ContainerParts, type ContainerRequest, type ImageFacts, judgeContainer, TeamPolicies } from '../admission/index.js'
import type { PullPolicy } from '../common/image-source.js'
import { DEFAULT_NETWORK, type TeamNetwork, TeamNetworks } from '../common/team-network.js'
import { ContainerImages } from './container-images.js'
import type { CreateContainerBody } from './dto/create-container.body.js'
import { Host } from './host-facts.js'
import { type MountPlan, MountPlans } from './mount-plan.js'
import { TeamContainers } from './team-containers.js'

/** Not the name of a network that a team made; the profile judges the engine's own. */
const ENGINE_WORDS: ReadonlySet<string> = new Set([DEFAULT_NETWORK, 'bridge', 'host', 'none'])

/** Everything that is known of a container before its image is. */
export type Draft = Omit<ContainerParts, 'image' | 'network' | 'mounts'> & {
  readonly mounts: MountPlan
  /** One that the team made, as the request names it. */
  readonly ownNetwork: TeamNetwork | null
}

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
    private readonly networks: TeamNetworks,
  ) {}

  /**
   * Judges the request before its image is looked for, and again with what the image brings in.
   * @throws AppError INVALID_REQUEST, POLICY_DENIED, IMAGE_NOT_PRESENT, PULL_FAILED
   */
  async prepare(grant: Grant<'ContainerCreate'>, body: CreateContainerBody, pull: PullPolicy = body.pull ?? 'missing'): Promise<Prepared> {
    const draft = await this.draft(grant, body)
    // Its alias is the container's name, which is not chosen yet.
    const network = draft.ownNetwork && { engineName: draft.ownNetwork.engineName, aliases: [] }
    judgeContainer({ ...draft, image: null, network })
    const { team } = grant.target
    const { userId } = grant.principal
    const image = await this.images.get({ team, reference: body.image, policy: pull, requestId: grant.requestId, userId })
    const prepared = { ...draft, image, mounts: this.plans.withImage(draft.mounts, image.volumes) }
    judgeContainer({ ...prepared, network })
    return prepared
  }

  private async draft({ target: { team } }: Grant<'ContainerCreate'>, body: CreateContainerBody): Promise<Draft> {
    const [policy, host] = await Promise.all([this.policies.of(team.id), this.host.facts()])
    const mounts = await this.plans.plan({ request: body, team, policy })
    const request: ContainerRequest = body
    const ownNetwork = namesOwn(request.network) ? await this.networks.named(team, request.network, '/network') : null
    const shared = /^container:(.*)$/s.exec(request.network ?? '')?.[1]
    if (shared === undefined) return { request, policy, host, mounts, ownNetwork }
    const { id } = await this.containers.find(shared, team, '/network')
    return { request: { ...request, network: `container:${id}` }, policy, host, mounts, ownNetwork, containers: new Set([id]) }
  }
}

/** The name or id of a network that a team made. */
function namesOwn(network: string | undefined): network is string {
  return network !== undefined && !ENGINE_WORDS.has(network) && (OBJECT_NAME.test(network) || /^[0-9a-f]{64}$/.test(network))
}
