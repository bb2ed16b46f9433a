import { createHash } from 'node:crypto'
import type { EngineEvent } from '../engine/index.js'
import { isoOfNano } from './event-time.js'

/** What an event tells beside its object; each action has a few of these. */
export interface EventData {
  /** Of what died. */
  readonly exitCode?: number
  readonly signal?: string
  /** Id of an exec. */
  readonly exec?: string
  /** Whole command line of an exec: may hold secrets. */
  readonly command?: string
  /** Reference that a container was made from. */
  readonly image?: string
  readonly health?: string
  /** What was connected, disconnected, mounted, unmounted: the id and name of the container. */
  readonly container?: { readonly id: string; readonly name: string }
  readonly destination?: string
  readonly readOnly?: boolean
  readonly previousName?: string
  /** Of a gap: times around it, RFC 3339. */
  readonly from?: string | null
  readonly to?: string | null
}

/** An event of the engine in our words, before it is known whose it is. */
export interface ReadEvent {
  /** Tells the same event told twice. The engine has no ids; its nanoseconds come rounded by JSON, but always the same way. */
  readonly key: string
  /** RFC 3339 with nanoseconds. */
  readonly at: string
  readonly nano: string
  readonly kind: 'container' | 'image' | 'network' | 'volume' | 'host'
  readonly action: string
  /** Full id; of a volume its engine name; of an image an id or a reference. */
  readonly engineId: string
  readonly attributes: Readonly<Record<string, string>>
  readonly data: EventData
}

const KINDS = new Set(['container', 'image', 'network', 'volume'])

/** Reads what the engine says (`Type`, `Action`, `Actor` of GET /events). */
export function readEvent({ Type, Action, Actor, timeNano }: EngineEvent): ReadEvent {
  const attributes = Actor.Attributes ?? {}
  const nano = String(BigInt(Math.round(timeNano)))
  const identity = JSON.stringify([Type, Action, Actor.ID, nano, Object.entries(attributes).toSorted(byName)])
  const [action, rest] = splitAction(Action)
  return {
    key: createHash('sha256').update(identity).digest('base64url'),
    at: isoOfNano(BigInt(nano)),
    nano,
    kind: KINDS.has(Type) ? (Type as ReadEvent['kind']) : 'host',
    action,
    engineId: Actor.ID,
    attributes,
    data: { ...dataOf(attributes), ...restOf(action, rest) },
  }
}

/** `exec_create: sh -c …`, `health_status: healthy`: the action carries what belongs into the data. */
function splitAction(action: string): [string, string | undefined] {
  const at = action.indexOf(': ')
  return at < 0 ? [action, undefined] : [action.slice(0, at), action.slice(at + 2)]
}

function restOf(action: string, rest: string | undefined): EventData {
  if (rest === undefined) return {}
  return action === 'health_status' ? { health: rest } : { command: rest }
}

/** Labels are among the attributes: nothing of them but what is named here goes on. */
function dataOf(attributes: Readonly<Record<string, string>>): EventData {
  const { exitCode, signal, execID, destination } = attributes
  const writable = attributes['read/write']
  return {
    ...(/^-?\d{1,6}$/.test(exitCode ?? '') && { exitCode: Number(exitCode) }),
    ...(/^\w{1,16}$/.test(signal ?? '') && { signal: signal! }),
    ...(/^[0-9a-f]{64}$/.test(execID ?? '') && { exec: execID! }),
    ...(destination !== undefined && { destination }),
    ...(writable !== undefined && { readOnly: writable !== 'true' }),
  }
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1
}
