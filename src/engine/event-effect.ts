import type { InventoryKind } from './inventory-types.js'
import type { EngineEvent } from './types.js'

/** What an event means for the inventory. */
export type EventEffect =
  | { readonly do: 'look'; readonly kind: Exclude<InventoryKind, 'image'>; readonly id: string }
  | { readonly do: 'forget'; readonly kind: 'container' | 'network'; readonly id: string }
  | { readonly do: 'list images' }

/** Container events that change nothing that an entry shows. */
const IDLE = /^(exec_|top$|attach$|detach$|resize$|copy$|export$|commit$|archive-path$|extract-to-dir$|checkpoint$)/

/** Only ids are believed, never the event's attributes: what they say may be older than what is known. */
export function effectOf({ Type, Action, Actor }: EngineEvent): EventEffect | undefined {
  const id = Actor.ID
  if (Type === 'container') return container(Action, id)
  if (Type === 'network') return network(Action, id, Actor.Attributes?.['container'])
  // names of volumes are used again: a late `destroy` may speak of the volume before
  if (Type === 'volume' && (Action === 'create' || Action === 'destroy')) return { do: 'look', kind: 'volume', id }
  // a tag that moves makes no event for the image it leaves, and a pull's event carries no id
  if (Type === 'image' && Action !== 'push' && Action !== 'save') return { do: 'list images' }
  return undefined
}

function container(action: string, id: string): EventEffect | undefined {
  if (IDLE.test(action)) return undefined
  return action === 'destroy' ? { do: 'forget', kind: 'container', id } : { do: 'look', kind: 'container', id }
}

function network(action: string, id: string, containerId: string | undefined): EventEffect | undefined {
  if (action === 'connect' || action === 'disconnect') return containerId ? { do: 'look', kind: 'container', id: containerId } : undefined
  return action === 'destroy' || action === 'remove' ? { do: 'forget', kind: 'network', id } : { do: 'look', kind: 'network', id }
}
