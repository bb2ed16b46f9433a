import type { components } from '../generated/openapi.js'
import type {
  EventRecord,
  LogCursors,
  LogRecord,
  LogSkipped,
  LogState,
  StatsRecord,
  StreamGap,
  StreamSourceChanged,
  TerminalParticipant,
  TopRecord,
} from '../generated/protocol.js'
import type { TerminalRecord } from './exec.js'

export interface LogsParams {
  /** Names, full ids or unique id prefixes. */
  containers: string[]
  team?: string
  tail?: number
  since?: string
  until?: string
  follow?: boolean
  stdout?: boolean
  stderr?: boolean
  /** Only lines that contain this text, whatever its case. */
  search?: string
  /** Only lines that match, in RE2 syntax. */
  regex?: string
  /** Only lines of this level or a worse one. */
  level?: LogRecord['level']
  /** Tells the level of each line, and the message of JSON lines. */
  parse?: boolean
  cursor?: LogCursors
  credit?: number
}

/** Comes back to a terminal session that lives, or joins it. */
export interface JoinParams {
  session: string
  /** Bytes of its output that the reader has; the oldest that is kept when left out. */
  cursor?: number
  /** Its owner comes back as owner, others as observer, unless they say otherwise. */
  role?: TerminalParticipant['role']
  detachKeys?: string
  credit?: number
}

interface NewTerminalParams {
  container: string
  team?: string
  /** Who else may join. */
  share?: 'none' | 'observers' | 'peers'
  rows?: number
  cols?: number
  detachKeys?: string
  credit?: number
}

export interface NewExecParams extends NewTerminalParams {
  command: string[]
  tty?: boolean
  env?: Record<string, string>
  user?: string
  workingDir?: string
}

export interface NewAttachParams extends NewTerminalParams {
  /** Also to a container that does not run yet. */
  beforeStart?: boolean
}

export type ExecParams = NewExecParams | JoinParams
export type AttachParams = NewAttachParams | JoinParams

export interface SampleParams {
  container: string
  team?: string
  /** Seconds. */
  interval?: number
  credit?: number
}

export interface WatchParams {
  /** All of the caller's teams when left out. */
  team?: string
  credit?: number
}

/** The list of containers, as a sequence: what there is, `following`, then what changes. */
export type WatchRecord =
  | { readonly type: 'container'; readonly container: components['schemas']['ContainerSummary'] }
  | { readonly type: 'removed'; readonly id: string; readonly name: string; readonly team: string }
  | { readonly type: 'state'; readonly state: 'following' | 'engine_unavailable' }

export interface JobProgressParams {
  job: string
  credit?: number
}

export interface EventsParams {
  team?: string
  since?: string
  until?: string
  /** `cursor` of an event, of a page or of the ack: goes on after it. */
  cursor?: string
  filters?: { kind?: EventRecord['kind'][]; action?: string[]; name?: string[] }
  unowned?: boolean
  credit?: number
}

/** Records are missing here; the rest goes on behind it. */
export type GapRecord = Omit<StreamGap, 'streamId'> & { type: 'gap' }
/** What follows comes from another container of the same name. */
export type SourceRecord = Omit<StreamSourceChanged, 'streamId'> & { type: 'source' }

/** What can be opened, and what comes out of it. */
export interface StreamKinds {
  'container.logs': { params: LogsParams; record: LogRecord | LogState | LogSkipped }
  'container.exec': { params: ExecParams; record: TerminalRecord }
  'container.attach': { params: AttachParams; record: TerminalRecord }
  'container.stats': { params: SampleParams; record: StatsRecord | LogState }
  'container.top': { params: SampleParams; record: TopRecord | LogState }
  'containers.watch': { params: WatchParams; record: WatchRecord }
  'system.events': { params: EventsParams; record: EventRecord }
  'job.progress': { params: JobProgressParams; record: { job: Record<string, unknown> } | { step: Record<string, unknown> } }
}

export type StreamKind = keyof StreamKinds
