import { AttachStream } from './terminals/attach.stream.js'
import { ExecEnd } from './terminals/exec-end.js'
import { ExecStream } from './terminals/exec.stream.js'
import { LogFeeds } from './logs/logs-feed.js'
import { LogsStream } from './logs/logs.stream.js'
import { StatsStream } from './stats/stats.stream.js'
import { TerminalRecordings } from './terminals/terminal-recordings.js'
import { TerminalRecords } from './terminals/terminal-records.js'
import { TerminalSessions } from './terminals/terminal-sessions.js'
import { TerminalPolicyController, TerminalsController } from './terminals/terminals.controller.js'
import { Terminals } from './terminals/terminals.service.js'
import { TopStream } from './stats/top.stream.js'

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
