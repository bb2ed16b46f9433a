import { Injectable } from '@nestjs/common'
import { AccessChanges, type Principal } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { PasswordRequest } from './dto/me.dto.js'
import { LoginChecks } from './login-checks.js'
import { Passwords } from './passwords.js'

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
    const user = await ownRow(this.users, principal)
    this.passwords.assertAllowed(body.new, user.username, '/new')
    if (!(await this.checks.password({ username: user.username, address }, user, body.current))) throw new AppError('INVALID_CREDENTIALS')
    const change = { password_hash: await this.passwords.hash(body.new), credentials_at: nowIso() }
    const keepSession = principal.credential.kind === 'session' ? principal.credential.id : undefined
    // an administrator's reset in the meantime was meant for whoever knows the old password
    await this.users.update(user.id, change, { keepSession, verifiedAt: user.credentials_at })
    this.changes.announce({ userId: user.id })
  }
}

/** The row of the caller's account. @throws AppError UNAUTHENTICATED when it was deleted in this moment. */
export async function ownRow(users: UserStore, principal: Principal): Promise<UserRow> {
  const user = await users.find(principal.userId)
  if (!user) throw new AppError('UNAUTHENTICATED')
  return user
}
