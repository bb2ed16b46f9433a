import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import type { WebhookRow } from './schema.js'
import { lockTeam } from './team-lock.js'

/** Webhooks of the teams. Secrets are sealed before they come here. */
@Injectable()
export class WebhookStore {
  constructor(private readonly db: Database) {}

  async find(id: string): Promise<WebhookRow | null> {
    return (await this.db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  }

  /** Of all teams, for a change of keys. */
  all(): Promise<WebhookRow[]> {
    return this.db.selectFrom('webhooks').selectAll().execute()
  }

  inTeams({ teamIds }: { teamIds: readonly string[] }): Promise<WebhookRow[]> {
    if (teamIds.length === 0) return Promise.resolve([])
    return this.db.selectFrom('webhooks').selectAll().where('team_id', 'in', teamIds).execute()
  }

  /** Those that may be tried now. */
  due(now: string): Promise<WebhookRow[]> {
    const rows = this.db.selectFrom('webhooks').selectAll()
    return rows.where((eb) => eb.or([eb('next_at', 'is', null), eb('next_at', '<=', now)])).execute()
  }

  /** False when the team has so many already. @throws AppError NOT_FOUND when the team is gone */
  insert(row: WebhookRow, most: number): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      await lockTeam(tx, row.team_id)
      const count = tx.selectFrom('webhooks').select((eb) => eb.fn.countAll<number>().as('n'))
      const { n } = await count.where('team_id', '=', row.team_id).executeTakeFirstOrThrow()
      if (n >= most) return false
      await tx.insertInto('webhooks').values(row).execute()
      return true
    })
  }

  async update(
    id: string,
    change: Partial<Pick<WebhookRow, 'cursor' | 'tried_to' | 'failures' | 'next_at' | 'delivered_at' | 'problem'>>,
  ): Promise<void> {
    await this.db.updateTable('webhooks').set(change).where('id', '=', id).execute()
  }

  /** Puts another sealing of the same secret in the place of one. */
  async reseal({ id, secret: seen }: WebhookRow, secret: string): Promise<void> {
    await this.db.updateTable('webhooks').set({ secret }).where('id', '=', id).where('secret', '=', seen).execute()
  }

  async remove(id: string): Promise<void> {
    await this.db.deleteFrom('webhooks').where('id', '=', id).execute()
  }
}
