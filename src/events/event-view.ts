import { AppError } from '../common/errors.js'
import type { TeamRef } from '../access/index.js'
import type { EventRow } from '../store/schema.js'
import type { EventGap, EventKind, EventRecord, SystemEvent } from './dto/event.dto.js'
import type { EventData } from './engine-event.js'
import { cursorOf } from './event-place.js'
import { isoOf } from './event-time.js'

/** What a reader wants to see, as it was asked for. */
export interface EventWishes {
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly cursor?: string | undefined
  /** Also what belongs to no team. */
  readonly unowned?: boolean | undefined
  readonly kind?: readonly EventKind[] | undefined
  readonly action?: readonly string[] | undefined
  readonly name?: readonly string[] | undefined
}

/** The same, with times in the form in which events have them. */
export type EventWanted = Pick<EventWishes, 'since' | 'until' | 'kind' | 'action' | 'name'>

/** What a reader may see. */
export interface EventScope {
  readonly teams: ReadonlyMap<string, TeamRef>
  /** Also what belongs to no team. */
  readonly unowned: boolean
  /** In which team may command lines be read? */
  readonly readsCommands: (team: TeamRef | null) => boolean
}

/** @throws AppError INVALID_REQUEST at the pointers of times that do not exist */
export function wantedOf({ wishes, at }: { readonly wishes: EventWishes; readonly at: string }): EventWanted {
  const wrong: { pointer: string; detail: string }[] = []
  const time = (name: 'since' | 'until'): string | undefined => {
    const text = wishes[name]
    const iso = text === undefined ? undefined : isoOf(text)
    if (text !== undefined && iso === undefined) wrong.push({ pointer: `${at}/${name}`, detail: 'is not a time that exists' })
    return iso
  }
  const { kind, action, name } = wishes
  const wanted = { kind, action, name, since: time('since'), until: time('until') }
  if (wrong.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some times are wrong', errors: wrong })
  return wanted
}

/** The row as this reader may see it; null where it is not theirs, or not wanted. */
export function eventView(row: EventRow, scope: EventScope, { kind, action, name, since, until }: EventWanted): EventRecord | null {
  const data = JSON.parse(row.data) as EventData
  if (row.kind === 'gap') return { type: 'gap', from: data.from ?? null, to: data.to ?? null, reason: 'missed' } satisfies EventGap
  const team = row.team_id === null ? null : (scope.teams.get(row.team_id) ?? undefined)
  if (team === undefined || (team === null && !scope.unowned)) return null
  if ((since !== undefined && row.at < since) || (until !== undefined && row.at >= until)) return null
  if (!isWanted(kind, row.kind) || !isWanted(action, row.action)) return null
  if (name && !name.includes(row.name ?? '') && !name.includes(row.engine_id ?? '')) return null
  const { command, from: _from, to: _to, ...told } = data
  return {
    type: 'event',
    cursor: cursorOf({ seq: row.seq, time: row.at }),
    time: row.at,
    kind: row.kind,
    action: row.action,
    team: team?.name ?? null,
    // a volume's engine name names its team
    id: row.kind === 'volume' ? null : row.engine_id,
    name: row.name,
    ...told,
    ...(command !== undefined && { command: scope.readsCommands(team) ? command : null }),
  } satisfies SystemEvent
}

function isWanted(words: readonly string[] | undefined, word: string): boolean {
  return words === undefined || words.length === 0 || words.includes(word)
}
