import { Injectable } from '@nestjs/common'
import { randomBytes, randomUUID } from 'node:crypto'
import { type Grant, scopeOf, type TeamRef } from '../../access/index.js'
import { nowIso } from '../../common/clock.js'
import { AppError } from '../../common/errors.js'
import { pageOf } from '../../common/paging.js'
import type { WebhookRow } from '../../store/schema.js'
import { WebhookStore } from '../../store/webhooks.store.js'
import { EventLog } from '../event-log.js'
import type { CreatedWebhook, CreateWebhookBody, ListWebhooksQuery, Webhook, WebhookPage } from './webhook.dto.js'
import { WebhookKeys } from './webhook-keys.js'
import { WebhookReach } from './webhook-reach.js'

/** Of one team. */
const MOST = 20

/** What a webhook wants to hear; nothing said means all. */
export interface WebhookWanted {
  readonly kinds: CreateWebhookBody['kinds'] & {}
  readonly actions: readonly string[]
  readonly names: readonly string[]
}

/** Where teams are told of their events. */
@Injectable()
export class Webhooks {
  constructor(
    private readonly store: WebhookStore,
    private readonly log: EventLog,
    private readonly keys: WebhookKeys,
    private readonly reach: WebhookReach,
  ) {}

  async list(grant: Grant<'WebhookList'>, query: ListWebhooksQuery): Promise<WebhookPage> {
    const teams = scopeOf(grant)
    const rows = await this.store.inTeams({ teamIds: [...teams.keys()] })
    const items = rows.map((row) => view(row, teams.get(row.team_id)!))
    return pageOf(items, { key: ({ createdAt, id }) => `${createdAt} ${id}` }, query)
  }

  /** @throws AppError INVALID_REQUEST, WEBHOOK_ADDRESS_REFUSED, QUOTA_EXCEEDED */
  async create(grant: Grant<'WebhookCreate'>, body: CreateWebhookBody): Promise<CreatedWebhook> {
    const { team } = grant.target
    const url = urlOf(body.url)
    // before anything is looked up for a team that may not have it
    if ((await this.store.inTeams({ teamIds: [team.id] })).length >= MOST) throw full()
    await this.reach.judge(url).catch(unlessRefused)
    const { secret = randomBytes(32).toString('base64url'), kinds = [], actions = [], names = [] } = body
    const id = randomUUID()
    const row: WebhookRow = {
      id,
      team_id: team.id,
      url: url.href,
      secret: await this.keys.seal({ id, team_id: team.id }, secret),
      wanted: JSON.stringify({ kinds, actions, names } satisfies WebhookWanted),
      cursor: await this.log.end(),
      failures: 0,
      next_at: null,
      tried_to: null,
      delivered_at: null,
      problem: null,
      creator_id: grant.principal.userId,
      created_at: nowIso(),
    }
    if (!(await this.store.insert(row, MOST))) throw full()
    return Object.assign(view(row, team), { secret })
  }

  async remove(grant: Grant<'WebhookDelete'>): Promise<void> {
    await this.store.remove(grant.target.id)
  }
}

function view(row: WebhookRow, team: TeamRef): Webhook {
  const { kinds, actions, names } = JSON.parse(row.wanted) as WebhookWanted
  return {
    id: row.id,
    team: team.name,
    url: row.url,
    kinds: [...kinds],
    actions: [...actions],
    names: [...names],
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
    failures: row.failures,
    problem: row.problem,
    nextTryAt: row.next_at,
  }
}

/** @throws AppError INVALID_REQUEST */
function urlOf(text: string): URL {
  const url = URL.parse(text)
  const right = url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hostname !== ''
  if (right) return url
  throw new AppError('INVALID_REQUEST', {
    reason: 'the url is not valid',
    errors: [{ pointer: '/url', detail: 'must be https://… or http://…, without a user name; deliveries are signed instead' }],
  })
}

function full(): AppError {
  return new AppError('QUOTA_EXCEEDED', { resource: 'webhooks', used: MOST, limit: MOST })
}

/** A name that is not known now may be tomorrow. */
function unlessRefused(error: unknown): void {
  if (error instanceof AppError) throw error
}
