import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import { lockRole } from './roles.store.js'
import type { MembershipsTable } from './schema.js'

/** A member as the team's list shows them. */
export interface MemberRow {
  readonly user_id: string
  readonly username: string
  readonly display_name: string
  readonly role: string
  readonly created_at: string
}

/** Who has which role in which team. */
@Injectable()
export class MembershipStore {
  constructor(private readonly db: Database) {}

  ofTeam(teamId: string): Promise<MemberRow[]> {
    return this.members(teamId).orderBy('users.username').execute()
  }

  async find(teamId: string, userId: string): Promise<MemberRow | null> {
    return (await this.members(teamId).where('memberships.user_id', '=', userId).executeTakeFirst()) ?? null
  }

  /** @param custom the role is one that an administrator made. @throws AppError NOT_FOUND when that is gone */
  async put(membership: MembershipsTable, custom = false): Promise<void> {
    await this.db.transaction().execute(async (tx) => {
      if (custom) await lockRole(tx, membership.role)
      await tx
        .insertInto('memberships')
        .values(membership)
        .onConflict((c) => c.columns(['team_id', 'user_id']).doUpdateSet({ role: membership.role }))
        .execute()
    })
  }

  async remove(teamId: string, userId: string): Promise<void> {
    await this.db.deleteFrom('memberships').where('team_id', '=', teamId).where('user_id', '=', userId).execute()
  }

  private members(teamId: string) {
    return this.db
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['memberships.user_id', 'users.username', 'users.display_name', 'memberships.role', 'memberships.created_at'])
      .where('memberships.team_id', '=', teamId)
  }
}
