import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import type { SessionRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { PageQuery } from '../common/page.dto.js'
import type { SessionResponse } from './dto/sessions.dto.js'
import { Sessions } from './sessions.js'

/** Where the caller is logged in. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: Sessions,
    private readonly users: UserStore,
  ) {}

  /** Newest first. */
  async list(grant: Grant<'SessionList'>, query: PageQuery): Promise<Page<SessionResponse>> {
    const page = pageOf(await this.own(grant.principal.userId), { key: (row) => `${row.created_at} ${row.id}`, descending: true }, query)
    return { items: page.items.map((row) => toSession(row, grant.principal.credential.id)), nextCursor: page.nextCursor }
  }

  /** @throws AppError NOT_FOUND */
  async delete(grant: Grant<'SessionDelete'>, id: string): Promise<void> {
    const found = (await this.own(grant.principal.userId)).find((session) => session.id === id)
    if (!found) throw new AppError('NOT_FOUND')
    await this.sessions.revoke(found.id)
  }

  private async own(userId: string): Promise<SessionRow[]> {
    const user = await this.users.find(userId)
    return user ? this.sessions.of(user) : []
  }
}

function toSession(row: SessionRow, current: string): SessionResponse {
  const { id, created_at: createdAt, used_at: usedAt, expires_at: expiresAt, address, user_agent: userAgent } = row
  return { id, current: id === current, createdAt, usedAt, expiresAt, address, userAgent }
}
