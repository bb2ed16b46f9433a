import type { LogicalLine } from './dockerfile-lines.js'
import { invalidDockerfile } from './invalid-dockerfile.js'

/** One instruction, taken apart as far as it must be. */
export interface Instruction {
  readonly line: number
  /** In capitals. */
  readonly name: string
  readonly flags: ReadonlyMap<string, string>
  readonly rest: string
}

/** Instructions of the classic builder, and the flags that each may have; docs/images.md is held to it. */
export const INSTRUCTIONS: Readonly<Record<string, readonly string[]>> = {
  ADD: ['chown'],
  ARG: [],
  CMD: [],
  COPY: ['from', 'chown'],
  ENTRYPOINT: [],
  ENV: [],
  EXPOSE: [],
  FROM: [],
  HEALTHCHECK: ['interval', 'timeout', 'start-period', 'retries'],
  LABEL: [],
  MAINTAINER: [],
  ONBUILD: [],
  RUN: [],
  SHELL: [],
  STOPSIGNAL: [],
  USER: [],
  VOLUME: [],
  WORKDIR: [],
}

/** A newer engine would take the lines after it for a file, an older one for instructions. */
const HEREDOC = /(?:^|\s)\d*<<-?[^<\s]+/

/** JavaScript and Go differ in where one of these parts words, and in which of them they trim. */
const OTHER_BLANK = /[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]/
/** What is only passed on. */
const PASSED_ON = new Set(['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'RUN', 'SHELL'])

/** @throws AppError INVALID_DOCKERFILE for what is not known, and for flags that need another builder */
export function parseInstruction({ line, text }: LogicalLine): Instruction {
  const [, word = '', rest = ''] = /^(\S+)(?:\s+([\s\S]*))?$/.exec(text) ?? []
  const name = word.toUpperCase()
  const known = Object.hasOwn(INSTRUCTIONS, name) ? INSTRUCTIONS[name]! : undefined
  if (!known) throw invalidDockerfile(`unknown instruction ${word.slice(0, 40)}`, line)
  const { flags, after } = takeFlags(rest.trim(), { name, known, line })
  if (after === '') throw invalidDockerfile(`${name} says nothing`, line)
  if (!PASSED_ON.has(name) && OTHER_BLANK.test(text))
    throw invalidDockerfile('it has a blank that is no space, such as U+00A0: write a space', line)
  if (['RUN', 'COPY', 'ADD'].includes(name) && HEREDOC.test(after))
    throw invalidDockerfile('here-documents need BuildKit, which is not offered', line)
  return { line, name, flags, rest: after }
}

interface Place {
  readonly name: string
  readonly known: readonly string[]
  readonly line: number
}

/**
 * `--from=x --chown=y rest`. Quotes and escapes in a flag could hide it from us, and not from the engine. ASCII alone: the engine reads flags byte
 * by byte, and takes 0x85 and 0xA0 within a letter for blanks.
 */
function takeFlags(rest: string, { name, known, line }: Place): { flags: Map<string, string>; after: string } {
  const flags = new Map<string, string>()
  let after = rest
  while (after.startsWith('--')) {
    const [token] = /^\S+/.exec(after)!
    const [, flag, value] = /^--([a-z][a-z-]*)=((?!-)[!#-&(-[\]-_a-~]+)$/.exec(token) ?? []
    if (flag === undefined || !known.includes(flag))
      throw invalidDockerfile(`${name} does not take ${token.slice(0, 60)}: flags of BuildKit are not offered`, line)
    if (flags.has(flag)) throw invalidDockerfile(`${name} has --${flag} twice`, line)
    flags.set(flag, value!)
    after = after.slice(token.length).trimStart()
  }
  return { flags, after }
}

/** As it is written anew. */
export function instructionText({ name, flags, rest }: Pick<Instruction, 'name' | 'flags' | 'rest'>): string {
  return [name, ...[...flags].map(([flag, value]) => `--${flag}=${value}`), rest].join(' ')
}
