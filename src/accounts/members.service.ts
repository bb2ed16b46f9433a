import { Injectable } from '@nestjs/common'
import { AccessChanges, type Grant, knownRole, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { type MemberRow, MembershipStore } from '../store/memberships.store.js'
import { UserStore } from '../store/users.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { MemberRequest, MemberResponse } from './dto/teams.dto.js'
import { assertHoldsTeamRole } from './holdings.js'

/** Who has which role in a team. */
@Injectable()
export class MembersService {
  constructor(
    private readonly memberships: MembershipStore,
    private readonly users: UserStore,
    private readonly changes: AccessChanges,
  ) {}

  async list(grant: Grant<'MemberList'>, query: PageQuery): Promise<Page<MemberResponse>> {
    const page = pageOf(await this.memberships.ofTeam(grant.target.team.id), { key: (row) => row.username }, query)
    return { items: page.items.map(toMember), nextCursor: page.nextCursor }
  }

  /** Gives a user a role, in place of the one they have. @throws AppError NOT_FOUND, PERMISSION_DENIED */
  async put(grant: Grant<'MemberPut'>, ref: string, { role }: MemberRequest): Promise<MemberResponse> {
    const { id: teamId } = grant.target.team
    assertHoldsTeamRole(grant.principal, teamId, role)
    const user = await this.users.find(ref)
    if (!user) throw new AppError('NOT_FOUND')
    await this.assertAbove(grant.principal, teamId, user.id)
    await this.memberships.put({ team_id: teamId, user_id: user.id, role, created_at: nowIso() })
    this.changes.announce({ userId: user.id })
    return toMember(await this.member(teamId, user.id))
  }

  /** @throws AppError NOT_FOUND, PERMISSION_DENIED */
  async delete(grant: Grant<'MemberDelete'>, ref: string): Promise<void> {
    const { id: teamId } = grant.target.team
    const user = await this.users.find(ref)
    if (!user) throw new AppError('NOT_FOUND')
    await this.member(teamId, user.id)
    await this.assertAbove(grant.principal, teamId, user.id)
    await this.memberships.remove(teamId, user.id)
    this.changes.announce({ userId: user.id })
  }

  /** Nobody changes who stands above them. */
  private async assertAbove(principal: Principal, teamId: string, userId: string): Promise<void> {
    const role = knownRole((await this.memberships.find(teamId, userId))?.role ?? '')
    if (role) assertHoldsTeamRole(principal, teamId, role)
  }

  private async member(teamId: string, userId: string): Promise<MemberRow> {
    const row = await this.memberships.find(teamId, userId)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }
}

function toMember({ user_id: id, username, display_name: displayName, role, created_at: createdAt }: MemberRow): MemberResponse {
  return { id, username, displayName, role: knownRole(role), createdAt }
}
