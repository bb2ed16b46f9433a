import { Injectable } from '@nestjs/common'
import { AccessChanges, type Grant, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { type MemberRow, MembershipStore } from '../store/memberships.store.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { MemberRequest, MemberResponse } from './dto/teams.dto.js'
import { assertHoldsInTeam } from './holdings.js'
import { Rights, type Role } from './rights.js'

/** Who has which role in a team. */
@Injectable()
export class MembersService {
  constructor(
    private readonly memberships: MembershipStore,
    private readonly users: UserStore,
    private readonly rights: Rights,
    private readonly changes: AccessChanges,
  ) {}

  async list(grant: Grant<'MemberList'>, query: PageQuery): Promise<Page<MemberResponse>> {
    const page = pageOf(await this.memberships.ofTeam(grant.target.team.id), { key: (row) => row.username }, query)
    return { items: page.items.map(toMember), nextCursor: page.nextCursor }
  }

  /** Gives a user a role, in place of the one they have. @throws AppError NOT_FOUND, PERMISSION_DENIED, INVALID_REQUEST */
  async put(grant: Grant<'MemberPut'>, ref: string, { role: name }: MemberRequest): Promise<MemberResponse> {
    const { id: teamId } = grant.target.team
    const role = await teamRole(this.rights, name)
    assertHoldsInTeam(grant.principal, teamId, role.permissions)
    const user = await this.user(ref, teamId)
    await this.assertAbove(grant.principal, teamId, user.id)
    await this.memberships.put({ team_id: teamId, user_id: user.id, role: name, created_at: nowIso() }, !role.builtIn)
    this.changes.announce({ userId: user.id })
    return toMember(await this.member(teamId, user.id))
  }

  /** @throws AppError NOT_FOUND, PERMISSION_DENIED */
  async delete(grant: Grant<'MemberDelete'>, ref: string): Promise<void> {
    const { id: teamId } = grant.target.team
    const user = await this.user(ref, teamId)
    await this.member(teamId, user.id)
    await this.assertAbove(grant.principal, teamId, user.id)
    await this.memberships.remove(teamId, user.id)
    this.changes.announce({ userId: user.id })
  }

  /** Nobody changes who stands above them. */
  private async assertAbove(principal: Principal, teamId: string, userId: string): Promise<void> {
    const membership = await this.memberships.find(teamId, userId)
    const role = membership && (await this.rights.role('team', membership.role))
    if (role) assertHoldsInTeam(principal, teamId, role.permissions)
  }

  /** The program of another team is not to be had: it could not be managed there any more. */
  private async user(ref: string, teamId: string): Promise<UserRow> {
    const user = await this.users.find(ref)
    if (!user || (user.kind === 'service' && user.team_id !== teamId)) throw new AppError('NOT_FOUND')
    return user
  }

  private async member(teamId: string, userId: string): Promise<MemberRow> {
    const row = await this.memberships.find(teamId, userId)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }
}

function toMember({ user_id: id, username, display_name: displayName, role, created_at: createdAt }: MemberRow): MemberResponse {
  return { id, username, displayName, role, createdAt }
}

/** @throws AppError INVALID_REQUEST when there is no such role in teams */
export async function teamRole(rights: Rights, name: string): Promise<Role> {
  const role = await rights.role('team', name)
  if (role) return role
  throw new AppError('INVALID_REQUEST', {
    reason: 'there is no such role',
    errors: [{ pointer: '/role', detail: 'must be the name of a role in teams; see GET /roles' }],
  })
}
