import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TeamRef } from '../../access/index.js'
import { nowIso } from '../../common/clock.js'
import { LeaseStore } from '../../store/leases.store.js'
import type { WebhookRow } from '../../store/schema.js'
import { TeamStore } from '../../store/teams.store.js'
import { WebhookStore } from '../../store/webhooks.store.js'
import type { EventRecord } from '../dto/event.dto.js'
import { EventLog } from '../event-log.js'
import { eventView } from '../event-view.js'
import { WebhookKeys } from './webhook-keys.js'
import { WebhookSender } from './webhook-sender.js'
import type { WebhookWanted } from './webhooks.service.js'

const LEASE = 'webhooks'
const LEASE_MS = 15_000
const RENEW_MS = 5_000
const TURN_MS = 500
/** Events of one delivery. */
const MOST_EVENTS = 100
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 600_000
/** How long a shutdown waits for deliveries that are under way; one that was not noted is sent again, with the same id. */
const SHUTDOWN_MS = 3_000
const SEALED = 'its secret can not be opened'

/**
 * Tells webhooks what happened: one process of all, which holds the lease. Each webhook has its own place in the ring, which
 * moves when a delivery was taken; so each event is told at least once, in order, and one webhook that fails holds up no other.
 */
@Injectable()
export class WebhookDeliveries implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('webhooks')
  private readonly stopping = new AbortController()
  private readonly busy = new Map<string, Promise<void>>()
  private timer: NodeJS.Timeout | undefined
  private turning = false
  private holding = false
  private renewAt = 0

  constructor(
    private readonly store: WebhookStore,
    private readonly leases: LeaseStore,
    private readonly teams: TeamStore,
    private readonly log: EventLog,
    private readonly keys: WebhookKeys,
    private readonly sender: WebhookSender,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.turn(), TURN_MS).unref()
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    this.stopping.abort()
    await Promise.race([Promise.all(this.busy.values()), delay(SHUTDOWN_MS)])
    if (this.holding) await this.leases.leave(LEASE).catch(() => undefined)
  }

  private async turn(): Promise<void> {
    if (this.turning) return
    this.turning = true
    try {
      if (!(await this.hold())) return
      for (const webhook of await this.store.due(nowIso())) this.begin(webhook)
    } catch (error) {
      if (!this.stopping.signal.aborted) this.logger.warn({ err: error }, 'webhooks could not be looked after')
    } finally {
      this.turning = false
    }
  }

  private async hold(): Promise<boolean> {
    if (this.holding && performance.now() < this.renewAt) return true
    this.renewAt = performance.now() + RENEW_MS
    return (this.holding = await this.leases.take(LEASE, LEASE_MS))
  }

  private begin(webhook: WebhookRow): void {
    if (this.busy.has(webhook.id) || this.stopping.signal.aborted) return
    const work = this.tell(webhook)
      .catch((error: unknown) => this.logger.warn({ err: error, webhook: webhook.id }, 'a webhook could not be told'))
      .finally(() => this.busy.delete(webhook.id))
    this.busy.set(webhook.id, work)
  }

  private async tell(webhook: WebhookRow): Promise<void> {
    const row = await this.teams.find(webhook.team_id)
    if (!row) return
    const team = { id: row.id, name: row.name }
    const { events, cursor } = await this.next(webhook, team)
    if (events.length === 0) {
      if (cursor > webhook.cursor) await this.store.update(webhook.id, { cursor, tried_to: null })
      return
    }
    // a receiver knows a delivery by its id: what happens between two tries must not make it another one
    if (webhook.tried_to === null) await this.store.update(webhook.id, { tried_to: cursor })
    const body = JSON.stringify({ webhook: webhook.id, team: team.name, events })
    const secret = this.secretOf(webhook)
    const id = createHash('sha256').update(`${webhook.id} ${webhook.cursor} ${cursor}`).digest('hex').slice(0, 32)
    const delivery = secret === null ? null : { id, url: new URL(webhook.url), secret, body }
    const problem = delivery ? await this.sender.send(delivery, this.stopping.signal) : SEALED
    if (this.stopping.signal.aborted && problem !== null) return
    await this.store.update(webhook.id, problem === null ? taken(cursor) : refused(webhook, problem))
  }

  /** Null without its key: its team is told, as of any other failure, and it goes on when the key is there again. */
  private secretOf(webhook: WebhookRow): string | null {
    try {
      return this.keys.open(webhook)
    } catch {
      return null
    }
  }

  /** What it has not been told yet, and up to where. */
  private async next(webhook: WebhookRow, team: TeamRef): Promise<{ events: EventRecord[]; cursor: number }> {
    const { kinds, actions, names } = JSON.parse(webhook.wanted) as WebhookWanted
    const wanted = { kind: all(kinds), action: all(actions), name: all(names) }
    const scope = { teams: new Map([[team.id, team]]), unowned: false, readsCommands: () => false }
    const { rows, missed } = await this.log.read(webhook.cursor)
    const events: EventRecord[] = missed ? [{ type: 'gap', from: null, to: rows[0]?.at ?? null, reason: 'expired' }] : []
    // of what was tried, some is gone: it can not be sent again, and the gap is told with what there is
    const end = missed ? null : webhook.tried_to
    let { cursor } = webhook
    for (const row of rows) {
      if (events.length >= MOST_EVENTS || row.seq > (end ?? Infinity)) break
      cursor = row.seq
      const event = eventView(row, scope, wanted)
      if (event) events.push(event)
    }
    return { events, cursor }
  }
}

function all<T>(words: readonly T[]): readonly T[] | undefined {
  return words.length > 0 ? words : undefined
}

function taken(cursor: number) {
  return { cursor, tried_to: null, failures: 0, next_at: null, problem: null, delivered_at: nowIso() }
}

/** Twice as long each time, and not all at the same moment. */
function refused({ failures }: WebhookRow, problem: string) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures, 20), LONGEST_WAIT_MS)
  return { failures: failures + 1, next_at: nowIso(Math.round(wait * (0.5 + Math.random() / 2))), problem }
}
