import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { AccessChanges, type Grant, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import { isUniqueViolation } from '../store/database.js'
import type { UserRow } from '../store/schema.js'
import { type UserChange, UserStore } from '../store/users.store.js'
import type { UserCreateRequest, UserListQuery, UserResponse, UserUpdateRequest } from './dto/users.dto.js'
import { assertHoldsAllOf, assertHoldsOnHost } from './holdings.js'
import { Passwords } from './passwords.js'
import { Rights, type Role } from './rights.js'
import { assertNotReserved } from './setup.js'

/** People of this installation. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UserStore,
    private readonly rights: Rights,
    private readonly passwords: Passwords,
    private readonly changes: AccessChanges,
  ) {}

  async list(_grant: Grant<'UserList'>, { sort = 'username', ...query }: UserListQuery): Promise<Page<UserResponse>> {
    const key = sort.endsWith('createdAt') ? (row: UserRow) => `${row.created_at} ${row.id}` : (row: UserRow) => row.username
    const page = pageOf(await this.users.people(), { key, descending: sort.startsWith('-') }, query)
    return { items: page.items.map(toUser), nextCursor: page.nextCursor }
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST, PERMISSION_DENIED */
  async create(grant: Grant<'UserCreate'>, body: UserCreateRequest): Promise<UserResponse> {
    const { username, password, displayName = username, hostRole = null } = body
    const role = await this.hostRole(grant.principal, hostRole)
    assertNotReserved(username)
    this.passwords.assertAllowed(password, username)
    const at = nowIso()
    const row: UserRow = {
      id: randomUUID(),
      username,
      display_name: displayName,
      password_hash: await this.passwords.hash(password),
      host_role: role?.name ?? null,
      disabled: 0,
      created_at: at,
      credentials_at: at,
      kind: 'user',
      team_id: null,
    }
    await this.users.insert(row).catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? new AppError('NAME_IN_USE', { name: username, errors: [{ pointer: '/username', detail: 'is in use' }] })
        : error
    })
    return toUser(row)
  }

  async inspect(grant: Grant<'UserInspect'>): Promise<UserResponse> {
    return toUser(await this.row(grant.target.id))
  }

  /** @throws AppError LAST_ADMINISTRATOR, PERMISSION_DENIED, INVALID_REQUEST */
  async update(grant: Grant<'UserUpdate'>, body: UserUpdateRequest): Promise<UserResponse> {
    const user = await this.row(grant.target.id)
    await this.assertAbove(grant.principal, user)
    const role = body.hostRole === undefined ? null : await this.hostRole(grant.principal, body.hostRole)
    await this.users.update(user.id, await this.changeOf(user, body), { customRole: role?.builtIn === false })
    this.changes.announce({ userId: user.id })
    return toUser(await this.row(user.id))
  }

  /** @throws AppError LAST_ADMINISTRATOR, PERMISSION_DENIED */
  async delete(grant: Grant<'UserDelete'>): Promise<void> {
    const user = await this.row(grant.target.id)
    await this.assertAbove(grant.principal, user)
    await this.users.remove(user.id)
    this.changes.announce({ userId: user.id })
  }

  private async changeOf(user: UserRow, { displayName, password, disabled, hostRole }: UserUpdateRequest): Promise<UserChange> {
    if (password !== undefined) this.passwords.assertAllowed(password, user.username)
    const password_hash = password === undefined ? undefined : await this.passwords.hash(password)
    return {
      ...(displayName !== undefined && { display_name: displayName }),
      ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
      ...(hostRole !== undefined && { host_role: hostRole }),
      ...(password_hash !== undefined && { password_hash, credentials_at: nowIso() }),
    }
  }

  private async assertAbove(principal: Principal, user: UserRow): Promise<void> {
    assertHoldsAllOf(principal, await this.rights.of(user))
  }

  /** @throws AppError INVALID_REQUEST, PERMISSION_DENIED */
  private async hostRole(principal: Principal, name: string | null): Promise<Role | null> {
    if (name === null) return null
    const role = await this.rights.role('host', name)
    if (!role)
      throw new AppError('INVALID_REQUEST', {
        reason: 'there is no such role',
        errors: [{ pointer: '/hostRole', detail: 'must be the name of a role of the host; see GET /roles' }],
      })
    assertHoldsOnHost(principal, role.permissions)
    return role
  }

  private async row(id: string): Promise<UserRow> {
    const row = await this.users.find(id)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }
}

/** Never with a hash, since it names what goes out instead of leaving out what must not. */
function toUser(row: UserRow): UserResponse {
  const { id, username, display_name: displayName, created_at: createdAt } = row
  return { id, username, displayName, hostRole: row.host_role, disabled: row.disabled !== 0, createdAt }
}
