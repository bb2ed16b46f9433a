import { Injectable } from '@nestjs/common'
import type { TeamRef } from '../../access/index.js'
import type { ResolvedLink } from '../../admission/index.js'
import { AppError } from '../../common/errors.js'
import { TeamNetworks } from '../../common/team-network.js'
import { TeamContainers } from '../team-containers.js'

const FORM = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})(?::([A-Za-z0-9][A-Za-z0-9_.-]{0,62}))?$/

/** Names of a container's own for others of its team: resolved here, since the engine would take anybody's. */
@Injectable()
export class ContainerLinks {
  constructor(
    private readonly containers: TeamContainers,
    private readonly networks: TeamNetworks,
  ) {}

  /** `name:alias`; the alias is the name where it is left out. @throws AppError INVALID_REQUEST, the same for foreign and missing */
  async resolve(references: readonly string[], team: TeamRef, network: string): Promise<ResolvedLink[]> {
    const links: ResolvedLink[] = []
    for (const [at, reference] of references.entries()) {
      const pointer = `/links/${at}`
      const [, name, alias = name] = FORM.exec(reference) ?? []
      if (name === undefined || alias === undefined) throw wrong(pointer, 'must be name or name:alias')
      const { id } = await this.containers.find(name, team, pointer)
      const joined = await this.networks.joined({ team, engineId: id }, name)
      if (!joined.some((each) => each.network === network)) throw wrong(pointer, `is not on the network ${network}`)
      links.push({ containerId: id, alias })
    }
    return links
  }
}

function wrong(pointer: string, detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: 'a link is not valid', errors: [{ pointer, detail }] })
}
