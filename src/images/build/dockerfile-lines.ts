import { invalidDockerfile } from './invalid-dockerfile.js'

/** One instruction on one line, its continuation lines joined. */
export interface LogicalLine {
  /** Where it begins, from 1. */
  readonly line: number
  readonly text: string
}

export interface DockerfileLines {
  readonly escape: '\\' | '`'
  readonly lines: readonly LogicalLine[]
}

/** The engine reads no longer line than 65,535 bytes. */
const LONGEST = 65_000
const MOST = 1_000
const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=(.*)$/
// eslint-disable-next-line no-control-regex -- the engine's reader and ours could take them for different things
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/

/** A Dockerfile without comments, a line for each instruction. @throws AppError INVALID_DOCKERFILE */
export function dockerfileLines(bytes: Buffer): DockerfileLines {
  const physical = decoded(bytes).split(/\r?\n/)
  const { escape, from } = directives(physical)
  const lines: LogicalLine[] = []
  for (let at = from; at < physical.length;) {
    const { text, next } = joined(physical, at, escape)
    if (text !== '') lines.push({ line: at + 1, text })
    if (lines.length > MOST) throw invalidDockerfile(`it has more than ${MOST} instructions`, at + 1)
    at = next
  }
  return { escape, lines }
}

function decoded(bytes: Buffer): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalidDockerfile('it is not UTF-8')
  }
  const at = text.replaceAll('\r\n', '\n').search(CONTROL)
  if (at >= 0) throw invalidDockerfile('it has control characters', text.slice(0, at).split('\n').length)
  return text
}

/** `# escape=` and the like stand before everything else. */
function directives(physical: readonly string[]): { escape: '\\' | '`'; from: number } {
  let escape: '\\' | '`' = '\\'
  let from = 0
  for (; from < physical.length; from++) {
    const [, key, raw = ''] = DIRECTIVE.exec(physical[from]!) ?? []
    if (key === undefined) break
    const value = raw.trim()
    // another parser, from an image of somebody's choice
    if (key.toLowerCase() === 'syntax') throw invalidDockerfile('# syntax= is not offered: leave it out', from + 1)
    if (key.toLowerCase() !== 'escape') continue
    if (value !== '\\' && value !== '`') throw invalidDockerfile('escape must be \\ or `', from + 1)
    escape = value
  }
  return { escape, from }
}

function joined(physical: readonly string[], begin: number, escape: string): { text: string; next: number } {
  const first = physical[begin]!.trimStart()
  if (first === '' || first.startsWith('#')) return { text: '', next: begin + 1 }
  let { text, open } = ending(first, escape, begin)
  let next = begin + 1
  while (open && next < physical.length) {
    const line = physical[next++]!
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const more = ending(line, escape, next - 1)
    text += more.text
    open = more.open
    if (text.length > LONGEST) throw invalidDockerfile('an instruction is too long: put it into a script', begin + 1)
  }
  if (Buffer.byteLength(text) > LONGEST) throw invalidDockerfile('an instruction is too long: put it into a script', begin + 1)
  const whole = text.trimEnd()
  if (whole.endsWith(escape)) throw invalidDockerfile(`an instruction ends with ${escape}, which would join the next one to it`, begin + 1)
  return { text: whole, next }
}

/** Without the mark that the line goes on. By a loop: a pattern for blanks at the end begins anew at each blank of the line. */
function ending(line: string, escape: string, at: number): { text: string; open: boolean } {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--
  const text = line.slice(0, end)
  if (!text.endsWith(escape)) return { text: line, open: false }
  // older engines go on after it, newer ones do not
  if (text.endsWith(escape + escape)) throw invalidDockerfile(`a line ends with ${escape}${escape}, which engines take differently`, at + 1)
  return { text: text.slice(0, -1), open: true }
}
