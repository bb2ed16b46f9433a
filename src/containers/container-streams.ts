import { AttachStream } from './attach.stream.js'
import { ExecEnd } from './exec-end.js'
import { ExecStream } from './exec.stream.js'
import { LogFeeds } from './logs-feed.js'
import { LogsStream } from './logs.stream.js'
import { StatsStream } from './stats.stream.js'
import { TerminalRecordings } from './terminal-recordings.js'
import { TerminalRecords } from './terminal-records.js'
import { TerminalSessions } from './terminal-sessions.js'
import { TerminalPolicyController, TerminalsController } from './terminals.controller.js'
import { Terminals } from './terminals.service.js'
import { TopStream } from './top.stream.js'

/** Everything live of containers: the sources of the kinds `container.*`, and what they share. */
export const STREAM_PROVIDERS = [
  AttachStream,
  ExecEnd,
  ExecStream,
  LogFeeds,
  LogsStream,
  StatsStream,
  TerminalRecordings,
  TerminalRecords,
  TerminalSessions,
  Terminals,
  TopStream,
]

export const STREAM_CONTROLLERS = [TerminalsController, TerminalPolicyController]
