import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { AccessChanges, type Grant, scopeOf } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { TeamNetworks } from '../common/team-network.js'
import { isUniqueViolation } from '../store/database.js'
import { LIBRARY } from '../store/image-references.store.js'
import type { TeamRow, TeamsTable } from '../store/schema.js'
import { TeamStore } from '../store/teams.store.js'
import type { TeamCreateRequest, TeamListQuery, TeamResponse, TeamUpdateRequest } from './dto/teams.dto.js'

/** Means something else where a team is meant; `default` is no special name, but taken since the set-up. */
const RESERVED: ReadonlySet<string> = new Set([LIBRARY])

/** Teams: who owns what on the host. */
@Injectable()
export class TeamsService {
  constructor(
    private readonly teams: TeamStore,
    private readonly changes: AccessChanges,
    private readonly networks: TeamNetworks,
  ) {}

  async list(grant: Grant<'TeamList'>, { sort = 'name', ...query }: TeamListQuery): Promise<Page<TeamResponse>> {
    const scope = scopeOf(grant)
    const visible = (await this.teams.all()).filter((team) => scope.has(team.id))
    const page = pageOf(visible, { key: (team) => team.name, descending: sort.startsWith('-') }, query)
    return { items: page.items.map(toTeam), nextCursor: page.nextCursor }
  }

  /** @throws AppError NAME_IN_USE, also for the name of a team that was deleted */
  async create(_grant: Grant<'TeamCreate'>, { name, displayName = name }: TeamCreateRequest): Promise<TeamResponse> {
    if (RESERVED.has(name))
      throw new AppError('INVALID_REQUEST', { reason: 'the name is reserved', errors: [{ pointer: '/name', detail: 'is reserved' }] })
    const row: TeamsTable = {
      id: randomUUID(),
      name,
      display_name: displayName,
      profile: 'baseline',
      created_at: nowIso(),
      deleted_at: null,
    }
    await this.teams.insert(row).catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is or was the name of a team' }] })
        : error
    })
    return toTeam(row)
  }

  async inspect(grant: Grant<'TeamInspect'>): Promise<TeamResponse> {
    return toTeam(await this.row(grant.target.team.id))
  }

  async update(grant: Grant<'TeamUpdate'>, { displayName }: TeamUpdateRequest): Promise<TeamResponse> {
    const { id } = grant.target.team
    if (displayName !== undefined) await this.teams.update(id, { display_name: displayName })
    return toTeam(await this.row(id))
  }

  /** @throws AppError TEAM_NOT_EMPTY */
  async delete(grant: Grant<'TeamDelete'>): Promise<void> {
    const { id, name } = grant.target.team
    const count = await this.teams.close(id, nowIso())
    if (count > 0) throw new AppError('TEAM_NOT_EMPTY', { count })
    this.changes.announce({ teamId: id })
    await this.networks.release({ id, name })
  }

  private async row(id: string): Promise<TeamRow> {
    const row = await this.teams.find(id)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }
}

function toTeam({ id, name, display_name: displayName, profile, created_at: createdAt }: TeamsTable): TeamResponse {
  return { id, name, displayName, profile, createdAt }
}
