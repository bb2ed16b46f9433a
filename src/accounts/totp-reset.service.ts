import { Injectable } from '@nestjs/common'
import { AccessChanges, type Grant } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { UserStore } from '../store/users.store.js'
import { assertHoldsAllOf } from './holdings.js'
import { Rights } from './rights.js'
import { SecondFactor } from './second-factor.js'

/** For who lost the device and the recovery codes. */
@Injectable()
export class TotpResetService {
  constructor(
    private readonly users: UserStore,
    private readonly rights: Rights,
    private readonly factor: SecondFactor,
    private readonly changes: AccessChanges,
  ) {}

  /** Takes the factor away, and ends all sessions. @throws AppError PERMISSION_DENIED, NOT_FOUND, CONFLICT when there is none */
  async reset({ principal, target }: Grant<'UserTotpDelete'>): Promise<void> {
    const user = await this.users.find(target.id)
    if (!user) throw new AppError('NOT_FOUND')
    assertHoldsAllOf(principal, await this.rights.of(user))
    if (!(await this.factor.remove(user.id))) throw new AppError('CONFLICT', { reason: 'the user has no second factor' })
    await this.users.update(user.id, { credentials_at: nowIso() })
    this.changes.announce({ userId: user.id })
  }
}
