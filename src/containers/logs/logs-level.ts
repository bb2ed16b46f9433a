/** From the least to the worst. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a line says of itself. */
export interface ParsedLine {
  readonly level?: LogLevel
  /** Only of a line that is a JSON object: its message. */
  readonly message?: string
  readonly json?: true
}

const NAMES: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  verbose: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  panic: 'fatal',
}

/** Where the level stands in JSON lines of the usual loggers (pino, bunyan, zap, logrus, slog, structlog, ECS, GELF-likes). */
const LEVEL_KEYS = ['level', 'severity', 'lvl', 'log.level', 'levelname', 'loglevel', '@l'] as const
const MESSAGE_KEYS = ['msg', 'message', '@m', 'event'] as const

/** A level is looked for at the head of a line only. */
const HEAD = 200
/** A larger JSON line is not taken apart. */
const MOST_JSON = 65_536

/** `level=warn` */
const LOGFMT = /(?:^|\s)(?:level|lvl|severity)="?([A-Za-z]+)/
/** `[error]`, `<warn>` */
const BRACKETED = /[[<(]\s*([A-Za-z]{3,11})\s*[\]>):]/g
/** `ERROR`, `Warning:`: in capitals anywhere at the head, otherwise only as a heading. */
const CAPITALS = /\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|CRIT|ALERT|EMERG|PANIC)\b/
const HEADING = /^(?:\S+ )?(trace|debug|info|notice|warn|warning|error|fatal|critical|panic)\b:?/i
/** klog: `E0525 10:15:03.123456` */
const KLOG = /^([IWEF])\d{4} \d\d:/
const KLOG_LEVELS: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'fatal' }

/** Finds the level, and whether the line is JSON; a line that says nothing has none. */
export function parseLine(text: string): ParsedLine {
  const json = text.length <= MOST_JSON && text.startsWith('{') ? objectOf(text) : null
  if (json) return fromJson(json)
  const level = fromText(text.slice(0, HEAD))
  return level ? { level } : {}
}

function fromJson(json: Readonly<Record<string, unknown>>): ParsedLine {
  const level = LEVEL_KEYS.map((key) => levelOf(json[key])).find((found) => found !== undefined)
  const message = MESSAGE_KEYS.map((key) => json[key]).find((value) => typeof value === 'string')
  return { json: true, ...(level && { level }), ...(typeof message === 'string' && { message }) }
}

function fromText(head: string): LogLevel | undefined {
  const klog = KLOG.exec(head)?.[1]
  if (klog) return KLOG_LEVELS[klog]
  const named = LOGFMT.exec(head)?.[1]
  if (named && named.toLowerCase() in NAMES) return NAMES[named.toLowerCase()]
  for (const [, word] of head.matchAll(BRACKETED)) if (word!.toLowerCase() in NAMES) return NAMES[word!.toLowerCase()]
  const word = CAPITALS.exec(head)?.[1] ?? HEADING.exec(head)?.[1]
  return word ? NAMES[word.toLowerCase()] : undefined
}

function levelOf(value: unknown): LogLevel | undefined {
  if (typeof value === 'string') return Object.hasOwn(NAMES, value.toLowerCase()) ? NAMES[value.toLowerCase()] : undefined
  // pino and bunyan: 10 is trace, 60 is fatal
  return typeof value === 'number' && value >= 10 && value < 70 ? LOG_LEVELS[Math.floor(value / 10) - 1] : undefined
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
