import { Injectable } from '@nestjs/common'
import { Access, AccessChanges, type Grant, isOperation, operation, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { CanIRequest, CanIResponse, MeResponse, PasswordRequest } from './dto/me.dto.js'
import { heldInTeam, heldOnHost } from './holdings.js'
import { LoginChecks } from './login-checks.js'
import { Passwords } from './passwords.js'

/** The caller's own account. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UserStore,
    private readonly access: Access,
    private readonly own: OwnPassword,
  ) {}

  async inspect({ principal }: Grant<'MeInspect'>): Promise<MeResponse> {
    const user = await self(this.users, principal)
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
    if (!isOperation(id)) throw new AppError('INVALID_REQUEST', { reason: 'there is no such operation', errors: [{ pointer: '/operation', detail: 'see api/operations.md' }] })
    const { permission } = operation(id)
    const { principal, requestId, address } = grant
    try {
      await this.access.decide({ operation: id, principal, pointer: { ref: target.ref, team: target.team }, requestId, address })
      return { allowed: true, permission }
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return { allowed: false, permission, code: error.code.toLowerCase() }
      throw error
    }
  }

  /** @throws AppError INVALID_CREDENTIALS, INVALID_REQUEST, LOGIN_THROTTLED */
  password(grant: Grant<'MePassword'>, body: PasswordRequest): Promise<void> {
    return this.own.change(grant.principal, grant.address, body)
  }
}

/** The change of one's own password. */
@Injectable()
export class OwnPassword {
  constructor(
    private readonly users: UserStore,
    private readonly checks: LoginChecks,
    private readonly passwords: Passwords,
    private readonly changes: AccessChanges,
  ) {}

  /** Ends all sessions but the one that asks. Whoever found an open session must not guess the password through it, so it is throttled. */
  async change(principal: Principal, address: string, body: PasswordRequest): Promise<void> {
    const user = await self(this.users, principal)
    this.passwords.assertAllowed(body.new, user.username, '/new')
    if (!(await this.checks.password({ username: user.username, address }, user, body.current))) throw new AppError('INVALID_CREDENTIALS')
    const change = { password_hash: await this.passwords.hash(body.new), credentials_at: nowIso() }
    await this.users.update(user.id, change, principal.credential.kind === 'session' ? principal.credential.id : undefined)
    this.changes.announce({ userId: user.id })
  }
}

async function self(users: UserStore, principal: Principal): Promise<UserRow> {
  const user = await users.find(principal.userId)
  if (!user) throw new AppError('UNAUTHENTICATED')
  return user
}
