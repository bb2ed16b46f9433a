/** The typed stream client: logs that resume by themselves, commands with input and exit code, progress of jobs. */
export { connectStreams, Streams, type StreamOf, type StreamsOptions } from './streams.js'
export { ConnectionLost, Stream } from './stream.js'
export { LogStream } from './logs.js'
export { ExecStream, type TerminalRecord } from './exec.js'
export { nodeTerminal, type NodeProcess, showTerminal, type TerminalScreen } from './terminal.js'
export type * from './kinds.js'
export type {
  EventRecord,
  ExecFrame,
  LogCursors,
  LogRecord,
  LogSkipped,
  LogState,
  OpenAck,
  StatsRecord,
  StreamEnd,
  StreamOpened,
  StreamProblem,
  TerminalParticipant,
  TerminalPeople,
  TerminalSize,
  TopRecord,
} from '../generated/protocol.js'
