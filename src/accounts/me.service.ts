import { Injectable } from '@nestjs/common'
import { Access, type Grant, isOperation, operation } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { UserStore } from '../store/users.store.js'
import type { CanIRequest, CanIResponse, MeResponse, PasswordRequest } from './dto/me.dto.js'
import { heldInTeam, heldOnHost } from './holdings.js'
import { OwnPassword, ownRow } from './own-password.js'

/** The caller's own account. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UserStore,
    private readonly access: Access,
    private readonly own: OwnPassword,
  ) {}

  async inspect({ principal }: Grant<'MeInspect'>): Promise<MeResponse> {
    const user = await ownRow(this.users, principal)
    const reached = [...principal.memberships.values()].filter(({ team }) => principal.onlyTeam === null || principal.onlyTeam === team.id)
    const teams = reached.map(({ team, role }) => ({ id: team.id, name: team.name, role, permissions: heldInTeam(principal, team.id) }))
    return {
      id: user.id,
      username: user.username,
      displayName: user.display_name,
      hostRole: principal.hostRole,
      permissions: heldOnHost(principal),
      teams,
    }
  }

  /** Answers from the same function that decides, and leaves no record. @throws AppError INVALID_REQUEST for an unknown operation */
  async canI(grant: Grant<'MeCanI'>, { operation: id, target = {} }: CanIRequest): Promise<CanIResponse> {
    if (!isOperation(id))
      throw new AppError('INVALID_REQUEST', {
        reason: 'there is no such operation',
        errors: [{ pointer: '/operation', detail: 'see api/operations.md' }],
      })
    const { permission } = operation(id)
    const { principal, requestId, address } = grant
    const request = { operation: id, principal, pointer: { ref: target.ref, team: target.team }, requestId, address }
    const { error, because } = await this.access.explain(request)
    if (error && error.status >= 500) throw error
    return { allowed: error === null, permission, ...(error && { code: error.code.toLowerCase() }), because }
  }

  /** @throws AppError INVALID_CREDENTIALS, INVALID_REQUEST, LOGIN_THROTTLED */
  password(grant: Grant<'MePassword'>, body: PasswordRequest): Promise<void> {
    return this.own.change(grant.principal, grant.address, body)
  }
}
