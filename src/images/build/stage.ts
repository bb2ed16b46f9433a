import { posix } from 'node:path'
import { isHarmlessPath, normalTarget } from '../../admission/index.js'
import type { Instruction } from './instruction.js'
import { invalidDockerfile } from './invalid-dockerfile.js'
import { expand, NotExpandable, splitWords } from './words.js'

/** What a stage begins with. */
export interface StageBase {
  readonly name: string | null
  readonly index: number
  readonly env: ReadonlyMap<string, string | null>
  readonly workingDir: string
  readonly onBuild: readonly string[]
}

/** Values from outside of a stage. */
export interface Arguments {
  /** Given by whoever asks for the build. */
  readonly given: ReadonlyMap<string, string>
  /** Declared before the first FROM. */
  readonly global: ReadonlyMap<string, string | null>
}

/** In an instruction that is written anew these would mean something else. */
// eslint-disable-next-line no-control-regex -- a path with such a character is not written anew
const SPECIAL = /['"\\`$\0-\x1f]/

/** One stage of a Dockerfile, as far as its instructions count for others: its variables and its working directory. */
export class Stage {
  readonly name: string | null
  readonly index: number
  /** Null: it has a value that only the engine can tell. */
  readonly env: Map<string, string | null>
  workingDir: string
  readonly onBuild: string[] = []
  private readonly args = new Map<string, string | null>()

  constructor(
    base: StageBase,
    private readonly outside: Arguments,
    private readonly escape: string,
  ) {
    this.name = base.name
    this.index = base.index
    this.env = new Map(base.env)
    this.workingDir = base.workingDir
  }

  /** `ENV a=b c="d e"`, or the old `ENV a b c`. */
  setEnv({ rest }: Instruction): void {
    const words = splitWords(rest, this.escape)
    if (!words[0]!.includes('=')) {
      const [, name, value] = /^(\S+)\s*([\s\S]*)$/.exec(rest)!
      this.env.set(name!, this.value(value!))
      return
    }
    // all of one instruction see the values before it
    const pairs = words.map((word) => assignment(word)).map(([name, value]) => [this.value(name) ?? name, this.value(value ?? '')] as const)
    for (const [name, value] of pairs) this.env.set(name, value)
  }

  setArgs({ rest }: Instruction): void {
    for (const [name, value] of splitWords(rest, this.escape).map(assignment)) this.args.set(name, this.argument(name, value))
  }

  /** The path, with nothing left in it to be resolved. @throws AppError INVALID_DOCKERFILE for the kernel's own folders */
  enter({ rest, line }: Instruction): string {
    const path = this.value(rest)
    if (path === null || path === '') throw invalidDockerfile('WORKDIR has a variable that is not known or not understood', line)
    const absolute = normalTarget(posix.isAbsolute(path) ? path : posix.join(this.workingDir, path))
    if (!isHarmlessPath(absolute, { root: true }) || SPECIAL.test(absolute))
      throw invalidDockerfile('WORKDIR must not be /proc, /sys, /dev or below these, and have no quotes', line)
    this.workingDir = absolute
    return absolute
  }

  private argument(name: string, fallback: string | undefined): string | null {
    const given = this.outside.given.get(name)
    if (given !== undefined) return given
    if (fallback !== undefined) return this.value(fallback)
    const global = this.outside.global.get(name)
    return global === undefined ? '' : global
  }

  /** Null for what is not understood: only where it is needed that is a fault. */
  private value(text: string): string | null {
    return valueOf(text, this.escape, (name) => known(this.env.has(name) ? this.env : this.args, name))
  }
}

/** @throws NotExpandable for a value that only the engine can tell */
export function known(values: ReadonlyMap<string, string | null>, name: string): string | undefined {
  const value = values.get(name)
  if (value === null) throw new NotExpandable(name)
  return value
}

/** Null for what can not be expanded. */
export function valueOf(text: string, escape: string, lookup: (name: string) => string | undefined): string | null {
  try {
    return expand(text, { escape, lookup })
  } catch (error) {
    if (error instanceof NotExpandable) return null
    throw error
  }
}

/** `name=value`; undefined without `=`. */
export function assignment(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}
