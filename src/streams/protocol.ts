/**
 * The socket protocol as types, shared with the TypeScript client (which has a copy of this file, so it imports nothing).
 * One connection carries many streams; each is opened by `stream:open` and known by its streamId afterwards.
 *
 * Flow: a stream starts with a window of `credit` bytes. Each `stream:data` uses up the bytes of its frames; when none are
 * left nothing is sent until the client gives some back by `stream:credit`. Only that event gives back.
 */

/** RFC 9457 problem details, the same as over REST. */
export interface StreamProblem {
  type: string
  title: string
  status: number
  /** Lower-case code of the catalogue: `not_found`. */
  code: string
  detail: string
  hint: string
  requestId: string
  errors?: readonly { readonly pointer: string; readonly detail: string }[]
  violations?: readonly { readonly path: string; readonly profile: string; readonly rule: string }[]
}

/** Client → server. */
export interface StreamOpen {
  /** `container.logs`, `container.exec`, `job.progress`, … */
  kind: string
  /** As the kind's schema says; unknown keys are refused. */
  params?: object
}

export interface StreamInput {
  streamId: string
  /** Bytes, or text that is sent as UTF-8. */
  data?: Uint8Array | ArrayBuffer | string
  /** Half-close: the process reads end-of-file after these bytes. */
  end?: boolean
}

export interface StreamResize {
  streamId: string
  rows: number
  cols: number
}

export interface StreamCredit {
  streamId: string
  /** Bytes given back to the window. */
  bytes: number
}

export interface StreamClose {
  streamId: string
}

export interface StreamRefused {
  ok: false
  error: StreamProblem
}

export type StreamOpened = {
  ok: true
  streamId: string
  /** Bytes of the window that the stream starts with. */
  credit: number
  /** What the kind tells of itself at its opening. */
  [fact: string]: unknown
}

export type OpenAck = StreamOpened | StreamRefused
export type PlainAck = { ok: true } | StreamRefused

/** Server → client. */
export interface StreamData {
  streamId: string
  /** Counts the `stream:data` events of this stream from 1. */
  seq: number
  /** Records of the stream's kind; bytes are binary, never text in another form. */
  frames: readonly object[]
  /** What it uses up of the window: the number to give back by `stream:credit`. */
  bytes: number
}

export interface StreamGap {
  streamId: string
  /** Object that the lost records belong to, where there may be several. */
  container?: string
  /** RFC 3339 with nanoseconds: the last record before and the first after the gap; null where there is none. */
  from: string | null
  to: string | null
  /** `rotated`, `container_removed`, `overflow`. */
  reason: string
  /** How much is missing, where that is known: records, or bytes of a terminal. */
  dropped?: number
}

/** The stream goes on from another object: one of the same name was made anew. */
export interface StreamSourceChanged {
  streamId: string
  containerId: string
  name: string
  /** Id of the one before: it needs no place in the cursor any more. */
  replaces: string
}

export interface StreamEnd {
  streamId: string
  /** `closed`, `revoked`, `server_stopping`, `failed`, or one of the kind's own: `exited`, `container_exited`, … */
  reason: string
  exitCode?: number
  error?: StreamProblem
}

/** A message that could not be carried out and asked for no ack. */
export interface StreamError {
  event: string
  error: StreamProblem
}

export interface ClientToServerEvents {
  'stream:open': (message: StreamOpen, ack: (answer: OpenAck) => void) => void
  'stream:input': (message: StreamInput, ack?: (answer: PlainAck) => void) => void
  'stream:resize': (message: StreamResize, ack?: (answer: PlainAck) => void) => void
  'stream:credit': (message: StreamCredit, ack?: (answer: PlainAck) => void) => void
  'stream:close': (message: StreamClose, ack?: (answer: PlainAck) => void) => void
}

export interface ServerToClientEvents {
  'stream:data': (message: StreamData) => void
  'stream:gap': (message: StreamGap) => void
  'stream:source': (message: StreamSourceChanged) => void
  'stream:end': (message: StreamEnd) => void
  'stream:error': (message: StreamError) => void
}

/**
 * A line of `container.logs`. Its place for a resume is `[time, n]` under its container and stream: put it into the cursor
 * `{[container]: {stdout: [time, n], stderr: [time, n]}}`, unless `end` is `cut`.
 */
export interface LogRecord {
  type: 'log'
  /** Full id. */
  container: string
  name: string
  stream: 'stdout' | 'stderr'
  /** RFC 3339 with nanoseconds. */
  time: string
  /** Counts the lines of this stream that have the same time. */
  n: number
  /** Without the line feed: a string where the bytes are UTF-8 (which loses nothing), else the bytes. */
  text: string | Uint8Array
  /** `part`: a line of more than 1 MiB goes on in the next record. `cut`: the log ends without a line feed; not for the cursor. */
  end?: 'part' | 'cut'
  /** With a search: so many lines of this output before it do not match, and were not counted yet. */
  skipped?: number
  /** Where it was asked for, and the line says one. */
  level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  /** Where it was asked for: the line is a JSON object. */
  json?: true
  /** Of a JSON object, where it has one. */
  message?: string
}

/**
 * Among the frames of `container.logs` with a search, after a second and at the end: lines that do not match were left out, and
 * the cursor is behind them.
 */
export interface LogSkipped {
  type: 'skipped'
  container: string
  name: string
  count: number
  /** Put it into the cursor under the container. */
  cursor: { stdout?: readonly [time: string, n: number]; stderr?: readonly [time: string, n: number] }
}

/** Among the frames of `container.logs`: the engine can't be read now, or can again. Nothing is lost meanwhile. */
export interface LogState {
  type: 'state'
  container: string
  name: string
  state: 'engine_unavailable' | 'following'
}

/** Place of the last line that the reader has of each stream, `[time, n]`; time in RFC 3339 or as unix nanoseconds. */
export type LogCursors = Record<string, { stdout?: readonly [time: string, n: number]; stderr?: readonly [time: string, n: number] }>

/** Output of `container.exec`; with a TTY all of it is stdout. */
export interface ExecFrame {
  stream: 'stdout' | 'stderr'
  data: Uint8Array
}

/** Who takes part in a terminal session: owner and peers may type, the owner alone sets the size. */
export interface TerminalParticipant {
  username: string
  role: 'owner' | 'peer' | 'observer'
}

/** Among the frames of a terminal session that others take part in: who is there now. */
export interface TerminalPeople {
  type: 'participants'
  participants: readonly TerminalParticipant[]
}

/** Among the frames of a terminal session, for those who do not set its size. */
export interface TerminalSize {
  type: 'size'
  rows: number
  cols: number
}

/** What a running container uses, as `docker stats` counts it. */
export interface StatsFigures {
  /** `percent` is of one core: 200 is two cores at work. */
  cpu: { cores: number; percent: number; online: number }
  /** Bytes; `used` is without the file cache that the kernel can take back. */
  memory: { used: number; limit: number; percent: number }
  /** Bytes since its start, over all interfaces. */
  network: { received: number; sent: number }
  /** Bytes since its start. */
  blockIo: { read: number; written: number }
  pids: number
}

/** A sample of `container.stats`. */
export interface StatsRecord extends StatsFigures {
  type: 'stats'
  /** Full id. */
  container: string
  name: string
  /** RFC 3339. */
  time: string
  /** So many samples before this one are left out, because the reader was too slow for them. */
  dropped?: number
}

/** The processes of `container.top`. */
export interface TopRecord {
  type: 'top'
  /** Full id. */
  container: string
  name: string
  /** RFC 3339. */
  time: string
  /** Heads of the columns. */
  titles: readonly string[]
  /** One row for each process. */
  processes: readonly (readonly string[])[]
  /** So many lists before this one are left out, because the reader was too slow for them. */
  dropped?: number
}

/** Something that happened to an object of the team: a frame of `system.events`, as `GET /system/events` has it. */
export interface EventRecord {
  type: 'event'
  /** Goes on after it. */
  cursor: string
  /** RFC 3339 with nanoseconds. */
  time: string
  kind: 'container' | 'image' | 'network' | 'volume' | 'host'
  /** The engine's word: `create`, `start`, `die`, `exec_create`, `mount` … */
  action: string
  team: string | null
  /** Full id; volumes have none. */
  id: string | null
  /** As the team called it then. */
  name: string | null
  exitCode?: number
  signal?: string
  exec?: string
  /** Null without the permission containers.env. */
  command?: string | null
  image?: string
  health?: string
  container?: { id: string; name: string }
  destination?: string
  readOnly?: boolean
  previousName?: string
}
