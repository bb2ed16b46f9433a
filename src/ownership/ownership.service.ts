import { Injectable } from '@nestjs/common'
import { assertNewName, type Grant, Ownership, Teams } from '../access/index.js'
import { pageOf } from '../common/paging.js'
import type { AssignedResponse, AssignRequest, UnownedList, UnownedQuery } from './dto/ownership.dto.js'

/** What was made beside the gateway: administrators see it and may give it to a team. */
@Injectable()
export class OwnershipService {
  constructor(
    private readonly ownership: Ownership,
    private readonly teams: Teams,
  ) {}

  async unowned(_grant: Grant<'UnownedList'>, query: UnownedQuery): Promise<UnownedList> {
    const objects = await this.ownership.unowned()
    const items = objects.map(({ createdUnixMs, ...object }) => ({ ...object, createdAt: new Date(createdUnixMs).toISOString() }))
    return pageOf(items, { key: (item) => `${item.kind} ${item.name} ${item.id}` }, query)
  }

  /** @throws AppError NOT_FOUND, CONFLICT, NAME_IN_USE, INVALID_REQUEST */
  async assign(grant: Grant<'OwnershipAssign'>, request: AssignRequest): Promise<AssignedResponse> {
    const { kind, id } = request
    const team = await this.teams.visible(grant.principal, request.team)
    const name = request.name ?? (await this.engineNameOf(kind, id))
    assertNewName(name)
    await this.ownership.adopt(kind, id, team, name, grant.principal.userId)
    return { kind, id, team: team.name, name }
  }

  private async engineNameOf(kind: AssignRequest['kind'], id: string): Promise<string> {
    const found = (await this.ownership.unowned()).find((object) => object.kind === kind && object.id === id)
    return found?.name ?? 'unknown'
  }
}
