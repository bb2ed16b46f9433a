import { Injectable } from '@nestjs/common'
import { Access, type Grant, isOperation } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type Page, pageOf } from '../common/paging.js'
import type { UserRow } from '../store/schema.js'
import { UserStore } from '../store/users.store.js'
import type { WhoCanItem, WhoCanQuery } from './dto/who-can.dto.js'
import { Principals } from './principals.js'

/** The same question as can-i, about everybody. */
@Injectable()
export class WhoCanService {
  constructor(
    private readonly users: UserStore,
    private readonly principals: Principals,
    private readonly access: Access,
  ) {}

  /** @throws AppError INVALID_REQUEST for an unknown operation, and what the look-up of the target throws */
  async list(grant: Grant<'WhoCan'>, { operation: id, target: ref, teamName: team, ...query }: WhoCanQuery): Promise<Page<WhoCanItem>> {
    if (!isOperation(id))
      throw new AppError('INVALID_REQUEST', {
        reason: 'there is no such operation',
        errors: [{ pointer: '/query/operation', detail: 'see api/operations.md' }],
      })
    const { principal, requestId, address } = grant
    // Looked up once, as the caller sees it: a name may mean another object to each of them.
    const pointer = await this.access.pin({ operation: id, principal, pointer: { ref, team }, requestId, address })
    const able: WhoCanItem[] = []
    for (const user of await this.users.all()) {
      const item = user.disabled === 0 ? await this.judged(user, { operation: id, pointer, requestId, address }) : null
      if (item) able.push(item)
    }
    return pageOf(able, { key: ({ username }) => username }, query)
  }

  private async judged(user: UserRow, question: Omit<Parameters<Access['explain']>[0], 'principal'>): Promise<WhoCanItem | null> {
    const { error, because } = await this.access.explain({ ...question, principal: await this.principals.ofUser(user) })
    if (error && error.status >= 500) throw error
    return error ? null : { id: user.id, username: user.username, kind: user.kind, because }
  }
}
