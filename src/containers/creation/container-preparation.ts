import { Injectable } from '@nestjs/common'
import { type Grant, OBJECT_NAME, type TeamRef } from '../../access/index.js'
import {
  askedPorts,
  type ContainerParts,
  type ContainerRequest,
  type ImageFacts,
  judgeContainer,
  type ResolvedLink,
  TeamPolicies,
} from '../../admission/index.js'
import { AppError } from '../../common/errors.js'
import { DEFAULT_NETWORK, type TeamNetwork, TeamNetworks } from '../../common/team-network.js'
import { Engine } from '../../engine/index.js'
import { ContainerLinks } from './container-links.js'
import { type ContainerImage, ContainerImages } from './container-images.js'
import type { CreateContainerBody } from '../dto/create-container.body.js'
import { Host } from './host-facts.js'
import type { PortsWanted } from './host-ports.js'
import { type MountPlan, MountPlans } from './mount-plan.js'
import { TeamContainers } from '../team-containers.js'

/** Not the name of a network that a team made; the profile judges the engine's own. */
const ENGINE_WORDS: ReadonlySet<string> = new Set([DEFAULT_NETWORK, 'bridge', 'host', 'none'])

/** Everything that is known of a container before its image is. The alias on its network is its name, which is not chosen yet. */
export type Draft = Omit<ContainerParts, 'image' | 'mounts'> & {
  readonly mounts: MountPlan
  /** One that the team made, as the request names it. */
  readonly ownNetwork: TeamNetwork | null
  readonly links: readonly ResolvedLink[]
}

/** Judged with its image; nothing is made for it yet but what a pull brought. */
export type Prepared = Draft & { readonly image: ImageFacts }

/** What came of a judgement: null where it would be made. */
export interface Judged {
  readonly refusal: AppError | null
  /** False: the team has no such image yet, so nothing is known of what it brings in. */
  readonly imageJudged: boolean
  /** What would be published, where it got that far. */
  readonly ports?: PortsWanted
}

/** Who asks, for which team. */
export interface Asking {
  readonly team: TeamRef
  readonly userId: string
  readonly requestId: string
  /** Images that the team does not have. */
  readonly mayPull: boolean
  /** Volumes that the request names and the team does not have. */
  readonly mayMakeVolumes: boolean
}

/** What a creation does about a pull that takes long. */
export interface Waiting {
  /** Ends the pull. */
  readonly ending: AbortSignal
  /** Throws when the right to create was lost meanwhile. */
  readonly confirm: () => Promise<void>
}

export function askingOf(grant: Grant<'ContainerCreate' | 'PolicyCheck'>): Asking {
  const { team } = grant.target
  const { principal, requestId } = grant
  const rights = { mayPull: grant.holds('images.pull', team), mayMakeVolumes: grant.holds('volumes.create', team) }
  return { team, userId: principal.userId, requestId, ...rights }
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
    private readonly networks: TeamNetworks,
    private readonly links: ContainerLinks,
    private readonly engine: Engine,
  ) {}

  /**
   * Judges the request before its image is looked for, and again with what the image brings in. A pull may take long: after it, all is
   * looked up anew, so that what a team or a user has lost meanwhile is lost here too.
   * @throws AppError INVALID_REQUEST, POLICY_DENIED, PERMISSION_DENIED, IMAGE_NOT_PRESENT, PULL_FAILED, and the reason of `ending`
   */
  async prepare(asking: Asking, body: CreateContainerBody, { ending, confirm }: Waiting): Promise<Prepared> {
    const draft = await this.draft(asking, body)
    judgeContainer({ ...draft, image: null })
    const { facts: image, pulled } = await this.image(asking, body, ending)
    ending.throwIfAborted()
    if (pulled) await confirm()
    const present = pulled ? await this.draft(asking, body) : draft
    const prepared = { ...present, image, mounts: this.plans.withImage(present.mounts, image.volumes) }
    judgeContainer(prepared)
    return prepared
  }

  /** The same judgement with all that is known by now: nothing is pulled for it. @throws AppError INVALID_REFERENCE of the image, engine errors */
  async judge(asking: Asking, body: CreateContainerBody): Promise<Judged> {
    const drafted = await this.draft(asking, body).catch(refusalOf)
    if (drafted instanceof AppError) return { refusal: drafted, imageJudged: false }
    const image = (await this.images.get({ ...asking, reference: body.image, policy: 'never' }).catch(ifNotPresent))?.facts ?? null
    const mounts = image ? this.plans.withImage(drafted.mounts, image.volumes) : drafted.mounts
    const parts = { ...drafted, image, mounts }
    try {
      judgeContainer(parts)
      return { refusal: null, imageJudged: image !== null, ports: { asked: askedPorts(parts), policy: parts.policy } }
    } catch (error) {
      return { refusal: refusalOf(error), imageJudged: image !== null }
    }
  }

  /** Who may not pull is told so where a pull would be needed. */
  private async image(
    asking: Asking,
    { image: reference, pull = 'missing' }: CreateContainerBody,
    signal: AbortSignal,
  ): Promise<ContainerImage> {
    if (asking.mayPull || pull === 'never') return this.images.get({ ...asking, reference, policy: pull, signal })
    const found = pull === 'always' ? null : await this.images.get({ ...asking, reference, policy: 'never' }).catch(ifNotPresent)
    if (!found) throw new AppError('PERMISSION_DENIED', { permission: 'images.pull' })
    return found
  }

  private async draft({ team, mayMakeVolumes }: Asking, body: CreateContainerBody): Promise<Draft> {
    const [policy, host] = await Promise.all([this.policies.of(team.id), this.host.facts()])
    const mounts = await this.plans.plan({ request: body, team, policy })
    if (mounts.missing && !mayMakeVolumes) throw new AppError('PERMISSION_DENIED', { permission: 'volumes.create' })
    const request: ContainerRequest = body
    const ownNetwork = namesOwn(request.network) ? await this.networks.named(team, request.network, '/network') : null
    const links = await this.links.resolve(onTeamNetwork(request) ? (request.links ?? []) : [], team, ownNetwork?.name ?? DEFAULT_NETWORK)
    const network = ownNetwork && { engineName: ownNetwork.engineName, aliases: [], links }
    const draft = { request, policy, host, mounts, network, ownNetwork, links }
    const shared = /^container:(.*)$/s.exec(request.network ?? '')?.[1]
    if (shared === undefined) return draft
    const { id } = await this.containers.find(shared, team, '/network')
    const behind = await this.networkBehind(id)
    // what the profile does not give any more is not to be had through a container that was made before
    if (ENGINE_WORDS.has(behind) && behind !== 'none') judgeContainer({ ...draft, request: { ...request, network: behind }, image: null })
    return { ...draft, request: { ...request, network: `container:${id}` }, containers: new Set([id]) }
  }

  /** The network of a container, and of that whose network it shares. */
  private async networkBehind(id: string): Promise<string> {
    const { HostConfig } = await this.engine.containers.inspect(id)
    const mode = HostConfig.NetworkMode ?? ''
    const next = /^container:(.+)$/.exec(mode)?.[1]
    return next === undefined ? mode : this.networkBehind(next)
  }
}

/** Elsewhere there are no links: judged as such, whatever they name. */
function onTeamNetwork({ network = DEFAULT_NETWORK }: ContainerRequest): boolean {
  return network === DEFAULT_NETWORK || namesOwn(network)
}

/** The name or id of a network that a team made. */
function namesOwn(network: string | undefined): network is string {
  return network !== undefined && !ENGINE_WORDS.has(network) && (OBJECT_NAME.test(network) || /^[0-9a-f]{64}$/.test(network))
}

function ifNotPresent(error: unknown): null {
  if (error instanceof AppError && error.code === 'IMAGE_NOT_PRESENT') return null
  throw error
}

function refusalOf(error: unknown): AppError {
  if (error instanceof AppError && ['INVALID_REQUEST', 'POLICY_DENIED'].includes(error.code)) return error
  throw error
}
