import { Injectable } from '@nestjs/common'
import { type Grant, type OwnedTarget, Ownership, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type ContainerEntry, Engine } from '../engine/index.js'
import type { ConnectBody, DisconnectBody, Network } from './dto/network.dto.js'
import { Endpoints } from './endpoints.js'
import { formatAddress, overlap, parseCidr } from './ipv4.js'
import { Networks } from './networks.service.js'

type Target = OwnedTarget<'network'>

/** A container of the team, as a request named it. */
interface Named {
  readonly team: TeamRef
  readonly name: string
  readonly entry: ContainerEntry
}

/** Which containers are on which network; both always of one team. */
@Injectable()
export class NetworkMembers {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly endpoints: Endpoints,
    private readonly networks: Networks,
  ) {}

  /** @throws AppError INVALID_REQUEST, PERMISSION_DENIED, NAME_IN_USE of an alias, CONFLICT when it is there already */
  async connect(grant: Grant<'NetworkConnect'>, { container, aliases = [], ip }: ConnectBody): Promise<Network> {
    const { target } = grant
    const { name, entry } = await this.container(grant, container)
    const { members, subnet } = await this.networks.present(target)
    const others = new Set(members.filter(({ id }) => id !== entry.id).map((member) => member.name))
    const taken = aliases.findIndex((alias) => others.has(alias))
    // An alias may be shared, as compose does it; a name that another container has is that container's.
    if (taken >= 0)
      throw new AppError('NAME_IN_USE', {
        name: aliases[taken],
        errors: [{ pointer: `/aliases/${taken}`, detail: 'is the name of another container on the network' }],
      })
    if (ip !== undefined)
      assertFree(
        ip,
        subnet,
        members.filter(({ id }) => id !== entry.id).map((member) => member.ip),
      )
    await this.endpoints.connect(target.engineId, entry.id, { aliases: [name, ...aliases], ip: ip ?? null })
    return this.networks.present(target)
  }

  /** @throws AppError INVALID_REQUEST, PERMISSION_DENIED, CONFLICT when it is not there */
  async disconnect(grant: Grant<'NetworkDisconnect'>, { container, force = false }: DisconnectBody): Promise<Network> {
    const { entry } = await this.container(grant, container)
    await this.endpoints.disconnect(grant.target.engineId, entry.id, { force })
    return this.networks.present(grant.target)
  }

  /** The container changes as much as the network does, so its permission is asked for, too. */
  private async container(grant: Grant<'NetworkConnect' | 'NetworkDisconnect'>, reference: string): Promise<Named> {
    const { team }: Target = grant.target
    if (!team) throw new AppError('NOT_FOUND')
    if (!grant.holds('containers.update', team)) throw new AppError('PERMISSION_DENIED', { permission: 'containers.update' })
    const rows = await this.ownership.named('container', reference, team)
    const entry = rows.length === 1 ? await this.engine.inventory.refresh('container', rows[0]!.engine_id!) : undefined
    if (entry) return { team, name: rows[0]!.name, entry }
    const detail = rows.length > 1 ? 'matches several containers' : 'no such container in the team'
    throw new AppError('INVALID_REQUEST', { reason: 'a container is not valid', errors: [{ pointer: '/container', detail }] })
  }
}

/** The engine says the same in words that name the network as it calls it. */
function assertFree(ip: string, subnet: string | null, taken: readonly (string | null)[]): void {
  const wrong = (detail: string) =>
    new AppError('INVALID_REQUEST', { reason: 'the address is not valid', errors: [{ pointer: '/ip', detail }] })
  const range = parseCidr(subnet ?? '')
  const address = parseCidr(ip)
  if (!range || !address || !overlap(range, address)) throw wrong(`must be in ${subnet}`)
  const last = range.base + 2 ** (32 - range.bits) - 1
  if ([range.base, range.base + 1, last].includes(address.base))
    throw wrong(
      `must not be ${formatAddress(range.base)}, ${formatAddress(range.base + 1)} or ${formatAddress(last)}, which the network needs`,
    )
  if (taken.includes(ip))
    throw new AppError('CONFLICT', { reason: 'another container has the address', errors: [{ pointer: '/ip', detail: 'is in use' }] })
}
