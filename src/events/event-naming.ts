import { Injectable } from '@nestjs/common'
import { LABEL_IMAGE } from '../admission/index.js'
import { parseImageReference } from '../common/image-reference.js'
import { EventStore, type NewEvent } from '../store/events.store.js'
import type { OwnershipRow } from '../store/schema.js'
import type { EventData, ReadEvent } from './engine-event.js'
import { EventOwners } from './event-owner.js'

/** Prefix of the tags that the gateway keeps its images by. */
const HOLDING = 'berth.invalid/'
const LONGEST_NAME = 512

type Facts = Pick<NewEvent, 'at' | 'key' | 'kind' | 'action'> & {
  readonly team?: string | null
  readonly object?: string | null
  readonly engineId?: string
  readonly name?: string | null
  readonly data: EventData
}

/** A row of the ring; what is not said is not known. */
export function newEvent({ team, object, engineId, name, data, ...facts }: Facts): NewEvent {
  const text = (value: string | null | undefined): string | null => value?.replaceAll('\0', '').slice(0, LONGEST_NAME) ?? null
  return {
    ...facts,
    action: text(facts.action)!,
    team_id: team ?? null,
    object: object ?? null,
    engine_id: text(engineId),
    name: text(name),
    data: JSON.stringify(data),
  }
}

/** Turns an event of the engine into what is kept of it: whose it is, and what that team called it then. */
@Injectable()
export class EventNaming {
  constructor(
    private readonly owners: EventOwners,
    private readonly store: EventStore,
  ) {}

  /**
   * None for what says nothing: the gateway's own handling of images, and a volume that is `created` by being mounted.
   * `unwritten` are the rows of the events before it that are not in the store yet.
   */
  async rowsOf(event: ReadEvent, unwritten: readonly NewEvent[] = []): Promise<NewEvent[]> {
    const { at, key, kind, action, engineId, attributes } = event
    // References are the teams'; what the engine says of its tags is the gateway's housekeeping, or somebody's beside it.
    if (kind === 'image' && isHousekeeping(event)) return []
    const owner = await this.owners.of(event)
    if (owner && kind === 'volume' && action === 'create' && (await this.isToldAs(owner, 'create', unwritten))) return []
    const data = { ...event.data, ...(owner && (await this.more(event, owner, unwritten))) }
    const name = owner?.name ?? attributes['name'] ?? (kind === 'volume' || kind === 'image' ? engineId : null)
    return [newEvent({ at, key, kind, action, team: owner?.team_id ?? null, object: owner?.uid ?? null, engineId, name, data })]
  }

  private async lastOf(uid: string, unwritten: readonly NewEvent[]): Promise<Pick<NewEvent, 'action' | 'name'> | null> {
    return unwritten.findLast(({ object }) => object === uid) ?? (await this.store.lastOf(uid))
  }

  private async isToldAs({ uid }: OwnershipRow, action: string, unwritten: readonly NewEvent[]): Promise<boolean> {
    const last = await this.lastOf(uid, unwritten)
    return last !== null && (last.action === action || last.action === 'mount' || last.action === 'unmount')
  }

  private async more({ kind, action, attributes }: ReadEvent, owner: OwnershipRow, unwritten: readonly NewEvent[]): Promise<EventData> {
    if (kind === 'container') {
      const image = owner.witness === 'label' ? familiar(attributes[LABEL_IMAGE]) : null
      const before = action === 'rename' ? (await this.lastOf(owner.uid, unwritten))?.name : null
      return { ...(image && { image }), ...(before && before !== owner.name && { previousName: before }) }
    }
    const other = attributes['container']
    const container = other === undefined ? null : await this.owners.known('container', other)
    // What the host's operator attached beside the gateway is nobody's to see.
    return container?.team_id === owner.team_id ? { container: { id: other!, name: container.name } } : {}
  }
}

function isHousekeeping({ engineId, attributes, action }: ReadEvent): boolean {
  const names = [engineId, attributes['name'] ?? '']
  return names.some((name) => name.includes(HOLDING)) || (action === 'untag' && names.every((name) => name.startsWith('sha256:')))
}

function familiar(reference: string | undefined): string | null {
  if (!reference) return null
  if (reference.startsWith('sha256:')) return reference
  try {
    return parseImageReference(reference).familiar
  } catch {
    return null
  }
}
