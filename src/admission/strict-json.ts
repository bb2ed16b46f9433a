import { AppError, type FieldError } from '../common/errors.js'

/** Deeper than any body of ours, far from what exhausts a stack. */
const MAX_DEPTH = 64

/**
 * Parses one JSON document strictly: UTF-8, one document, no duplicate keys (also by case or Unicode folding, since the
 * engine folds keys: `HoſtConfig` is `HostConfig` to it), bounded depth.
 * @throws AppError MALFORMED_JSON, with an RFC 6901 pointer to the duplicate key.
 */
export function parseStrictJson(body: Uint8Array): unknown {
  const text = decode(body)
  new Scanner(text).scan()
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(error instanceof Error ? error.message.replace(/, ".*/s, '') : 'not json')
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw malformed('not utf-8')
  }
}

/** What the engine's JSON reader takes for the same key (Go's encoding/json: simple Unicode case folding). */
export function foldKey(key: string): string {
  return key.normalize('NFC').toUpperCase().toLowerCase()
}

interface Level {
  readonly keys: Set<string> | null
  step: string | number
}

/** One pass over the text with an explicit stack: ten thousand nested arrays cost nothing. Syntax is left to JSON.parse. */
class Scanner {
  private at = 0
  private readonly levels: Level[] = []
  private expectKey = false

  constructor(private readonly text: string) {}

  scan(): void {
    while (this.at < this.text.length) {
      const char = this.text[this.at]!
      if (char === '"') this.string()
      else {
        this.structure(char)
        this.at++
      }
    }
  }

  private structure(char: string): void {
    const level = this.levels.at(-1)
    if (char === '{' || char === '[') {
      if (this.levels.length === MAX_DEPTH) throw malformed(`deeper than ${MAX_DEPTH} levels`, this.pointer())
      this.levels.push(char === '{' ? { keys: new Set(), step: '' } : { keys: null, step: 0 })
      this.expectKey = char === '{'
    } else if (char === '}' || char === ']') {
      this.levels.pop()
      this.expectKey = false
    } else if (char === ',' && level) {
      if (typeof level.step === 'number') level.step++
      this.expectKey = level.keys !== null
    } else if (char === ':') this.expectKey = false
  }

  private string(): void {
    const start = this.at
    this.at++
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1
    this.at++
    const level = this.levels.at(-1)
    if (this.expectKey && level?.keys) this.key(level, this.text.slice(start, this.at))
  }

  private key(level: Level, quoted: string): void {
    const key = unquote(quoted)
    level.step = key
    const folded = foldKey(key)
    if (level.keys!.has(folded)) throw malformed('duplicate key', this.pointer())
    level.keys!.add(folded)
  }

  private pointer(): string {
    return this.levels.map(({ step }) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  }
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    throw malformed('bad string')
  }
}

function malformed(reason: string, pointer?: string): AppError {
  const errors: FieldError[] = pointer === undefined ? [] : [{ pointer: pointer.slice(0, 512), detail: reason }]
  return new AppError('MALFORMED_JSON', { reason, ...(errors.length > 0 && { errors }) })
}
