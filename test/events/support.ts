/** Events of a scenario's gateway. */
import { EventRecorder } from '../../src/events/event-recorder.js'
import type { Actor } from '../support/actor.js'
import type { Scenario } from '../support/scenario.js'

export interface Event {
  readonly type: 'event' | 'gap'
  readonly cursor: string
  readonly time: string
  readonly kind: string
  readonly action: string
  readonly team: string | null
  readonly id: string | null
  readonly name: string | null
  readonly exitCode?: number
  readonly command?: string | null
  readonly health?: string
  readonly from?: string | null
  readonly to?: string | null
  readonly reason?: string
}

export interface EventPage {
  readonly items: readonly Event[]
  readonly nextCursor: string | null
  readonly cursor: string
}

export const eventsOf = (actor: Actor, query = '') => actor.ok<EventPage>('GET', `/system/events${query}`)

/** `container start web`, for comparing what happened in one look. */
export const line = ({ kind, action, name }: Event) => `${kind} ${action} ${name}`

/** All that the gateway has heard so far is written. */
export function recorded(s: Scenario): Promise<void> {
  return s.gateway.app.get(EventRecorder, { strict: false }).settled()
}

/** Where the ring ends now. */
export async function here(actor: Actor): Promise<string> {
  return (await eventsOf(actor, '?limit=1000')).cursor
}

/** Waits until the events after a place are such; answers them. */
export async function until(
  actor: Actor,
  after: string,
  fits: (events: readonly Event[]) => boolean,
  query = '',
): Promise<readonly Event[]> {
  const end = performance.now() + 20_000
  for (;;) {
    const { items } = await eventsOf(actor, `?limit=1000&cursor=${after}${query}`)
    if (fits(items)) return items
    if (performance.now() > end) throw new Error(`waited in vain; there is: ${items.map(line).join(', ')}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}
