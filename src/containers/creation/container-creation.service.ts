import { Injectable, Logger } from '@nestjs/common'
import { assertNewName, type Grant, OpenRights } from '../../access/index.js'
import { AppError, isCertain, toProblem } from '../../common/errors.js'
import { DEFAULT_NETWORK, TeamNetworks } from '../../common/team-network.js'
import { Engine } from '../../engine/index.js'
import { ContainerMaker, type Making } from './container-maker.js'
import { askingOf, ContainerPreparation } from './container-preparation.js'
import { ContainerViews } from '../container-views.js'
import type { ContainerCopies, ContainerCopy, ContainerSummary } from '../dto/container.response.js'
import type { CreateContainerBody, CreateContainerQuery } from '../dto/create-container.body.js'
import { assertFresh } from './freshness.js'
import { MountPlans } from './mount-plan.js'
import { randomName } from './random-name.js'

/** Copies that are made at the same time. */
const AT_ONCE = 4
const ATTEMPTS = 5
const LONGEST_NAME = 63

/** What copies of one request have in common. */
type Batch = Omit<Making, 'name'> & {
  /** Volumes that did not exist before. */
  readonly made: readonly string[]
}

/** What came of one copy. */
interface Copied {
  readonly item: ContainerCopy
  /** There is a container, or may be one yet. */
  readonly isThere: boolean
}

/** Creates containers, and runs them: judge, get the image, resolve the mounts, make. */
@Injectable()
export class ContainerCreation {
  private readonly logger = new Logger('containers')

  constructor(
    private readonly engine: Engine,
    private readonly preparation: ContainerPreparation,
    private readonly plans: MountPlans,
    private readonly networks: TeamNetworks,
    private readonly maker: ContainerMaker,
    private readonly views: ContainerViews,
    private readonly rights: OpenRights,
  ) {}

  /**
   * One container, or with `count` a report of each copy.
   * @throws AppError INVALID_REQUEST, POLICY_DENIED, NAME_IN_USE, IMAGE_NOT_PRESENT, PULL_FAILED, START_FAILED, PORT_IN_USE
   */
  async create(
    grant: Grant<'ContainerCreate'>,
    body: CreateContainerBody,
    query: CreateContainerQuery,
    ending: AbortSignal,
  ): Promise<ContainerSummary | ContainerCopies> {
    const names = namesOf(body)
    await assertFresh(this.engine)
    const making = await this.prepare(grant, body, query, ending)
    if (body.count === undefined) {
      return await this.one(making, names[0]).catch((error: unknown) => this.takeBack(making, error))
    }
    const copies = await this.copies(making, names, grant.requestId)
    if (!copies.some(({ isThere }) => isThere)) await this.plans.discard(making.made)
    return { items: copies.map(({ item }) => item) }
  }

  private async prepare(
    grant: Grant<'ContainerCreate'>,
    body: CreateContainerBody,
    query: CreateContainerQuery,
    ending: AbortSignal,
  ): Promise<Batch> {
    const asking = askingOf(grant)
    const { team, userId } = asking
    const prepared = await this.preparation.prepare(asking, body, { ending, confirm: () => this.rights.confirm(grant) })
    const network = prepared.ownNetwork ?? (isOnDefault(body.network) ? await this.networks.defaultFor(team) : null)
    const { plan, made } = await this.plans.make(prepared.mounts, { team, userId })
    return { team, userId, start: query.start ?? false, parts: { ...prepared, mounts: plan }, made, network }
  }

  private async one(making: Batch, given: string | undefined): Promise<ContainerSummary> {
    const avoid = new Set<number>()
    for (let attempt = 1; ; attempt++) {
      try {
        const { target, entry } = await this.maker.make({ ...making, name: given ?? randomName(), avoid })
        return await this.views.known(target, entry)
      } catch (error) {
        if (attempt === ATTEMPTS || (!(isTaken(error) && given === undefined) && !this.isOurChoice(error, making, avoid))) throw error
      }
    }
  }

  /** Something beside the engine has the port; the request did not ask for that one. */
  private isOurChoice(error: unknown, { parts }: Batch, avoid: Set<number>): boolean {
    if (!(error instanceof AppError) || error.code !== 'PORT_IN_USE') return false
    const port = Number(error.details['port'])
    if (!port || parts.request.ports?.some(({ host }) => host === port)) return false
    avoid.add(port)
    return true
  }

  private async copies(making: Batch, names: readonly (string | undefined)[], requestId: string): Promise<Copied[]> {
    const results: Copied[] = []
    const queue = [...names.entries()]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await this.copy(making, next[1], requestId)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return results
  }

  private async copy(making: Batch, name: string | undefined, requestId: string): Promise<Copied> {
    try {
      return { item: { container: await this.one(making, name) }, isThere: true }
    } catch (error) {
      const problem = toProblem(error, requestId)
      if (problem.status >= 500) this.logger.error({ err: error, requestId }, problem.detail)
      return { item: { error: problem }, isThere: !isCertain(error) }
    }
  }

  /** Not after an uncertain answer: for a name that is gone by then the engine makes a volume of nobody. */
  private async takeBack(making: Batch, error: unknown): Promise<never> {
    if (isCertain(error)) await this.plans.discard(making.made)
    throw error
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof AppError && error.code === 'NAME_IN_USE'
}

/** Not without a network, and not in that of another container or the host, which only the profile can allow. */
function isOnDefault(network = DEFAULT_NETWORK): boolean {
  return network === DEFAULT_NETWORK
}

/** Undefined where a name is to be made up. @throws AppError INVALID_REQUEST */
export function namesOf({ name, count }: CreateContainerBody): (string | undefined)[] {
  const names = Array.from({ length: count ?? 1 }, (_, at) => (name !== undefined && count !== undefined ? `${name}-${at + 1}` : name))
  if (names.some((each) => (each?.length ?? 0) > LONGEST_NAME))
    throw new AppError('INVALID_REQUEST', {
      reason: 'the name is not valid',
      errors: [{ pointer: '/name', detail: `leaves no room for the numbers of ${count} copies` }],
    })
  for (const each of names) if (each !== undefined) assertNewName(each)
  return names
}
