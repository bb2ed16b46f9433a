import { RE2JS } from 're2js'
import { AppError } from '../../common/errors.js'
import { LOG_LEVELS, type LogLevel, parseLine, type ParsedLine } from './logs-level.js'

/** A regular expression looks at so much of a line: its time is linear, but not nothing (40 ms for 64 KiB, measured). */
const MOST_SEARCHED = 16_384

export interface LogSearch {
  readonly search?: string | undefined
  readonly regex?: string | undefined
  readonly level?: LogLevel | undefined
  readonly parse?: boolean | undefined
}

/** Which lines are wanted, and what is told of them beside. The same for history and for what comes live. */
export class LogFilter {
  private readonly text: string | undefined
  private readonly regex: RE2JS | undefined
  private readonly least: number
  private readonly parses: boolean
  /** Something may be left out. */
  readonly isSelective: boolean

  /** @throws AppError INVALID_REQUEST where the expression is none */
  constructor({ search, regex, level, parse = false }: LogSearch) {
    this.text = search?.toLowerCase()
    this.regex = regex === undefined ? undefined : compiled(regex)
    this.least = level === undefined ? 0 : LOG_LEVELS.indexOf(level)
    this.parses = parse || level !== undefined
    this.isSelective = search !== undefined || regex !== undefined || level !== undefined
  }

  /** Null: not wanted. */
  take(text: string): ParsedLine | null {
    if (this.text !== undefined && !text.toLowerCase().includes(this.text)) return null
    if (this.regex && !this.regex.test(text.length > MOST_SEARCHED ? text.slice(0, MOST_SEARCHED) : text)) return null
    if (!this.parses) return NOTHING
    const parsed = parseLine(text)
    // a line without a level is none of those that are asked for
    if (this.least > 0 && (parsed.level === undefined || LOG_LEVELS.indexOf(parsed.level) < this.least)) return null
    return parsed
  }
}

const NOTHING: ParsedLine = {}

/** RE2 syntax: time grows with the line alone, whatever the expression. */
function compiled(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex)
  } catch {
    throw new AppError('INVALID_REQUEST', {
      reason: 'the regular expression is not valid',
      errors: [{ pointer: '/params/regex', detail: 'must be a regular expression in RE2 syntax (no back-references, no look-around)' }],
    })
  }
}
