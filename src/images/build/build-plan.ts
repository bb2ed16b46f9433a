import { isHarmlessPath } from '../../admission/index.js'
import { AppError, type Violation } from '../../common/errors.js'
import { addWords, isPlainSource } from './add-sources.js'
import { dockerfileLines } from './dockerfile-lines.js'
import { type Instruction, instructionText, parseInstruction } from './instruction.js'
import { invalidDockerfile } from './invalid-dockerfile.js'
import { assignment, known, Stage, type StageBase, valueOf } from './stage.js'
import { splitWords } from './words.js'

/** An image that a build may use, by its content. */
export interface BaseImage {
  readonly contentId: string
  readonly env: readonly string[]
  readonly workingDir: string
  readonly onBuild: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export interface PlanOptions {
  readonly buildArgs: ReadonlyMap<string, string>
  /** Name or number of the last stage to build; the last one without it. */
  readonly target?: string | undefined
  /** Put on everything that the build makes on its way, to know it again. */
  readonly mark: string
  /** What the team means by the reference. Throws for what it may not use. */
  readonly image: (reference: string) => Promise<BaseImage>
  /** Why commands may not be run, if they may not. */
  readonly noCommands?: Pick<Violation, 'profile' | 'rule'> | undefined
}

/** A Dockerfile that names no image but by its content. */
export interface BuildPlan {
  readonly dockerfile: string
  /** What the engine calls step n is `steps[n - 1]` in the client's words; empty where it is ours. */
  readonly steps: readonly string[]
  /** The engine tells a content for each. */
  readonly stages: number
}

export const BUILD_LABEL = 'berth.build'
const OUR_LABELS = /(?:^|\s)["']?berth\./i
const STAGE_NAME = /^[a-z][a-z0-9_.-]*$/
const NO_TRIGGER = new Set(['FROM', 'ONBUILD', 'MAINTAINER'])

/**
 * Reads a client's Dockerfile and writes a new one: bases and sources of copies by content id, after the expansion of ARG;
 * nothing that the engine would fetch; no working directory in the kernel's folders.
 * @throws AppError INVALID_DOCKERFILE, POLICY_DENIED, INVALID_REQUEST for the target, and what `image` throws
 */
export async function planBuild(bytes: Buffer, options: PlanOptions): Promise<BuildPlan> {
  const { escape, lines } = dockerfileLines(bytes)
  return new Planner(escape, options).plan(lines.map(parseInstruction))
}

class Planner {
  private readonly out: { readonly text: string; readonly shown: string }[] = []
  private readonly global = new Map<string, string | null>()
  private readonly stages: Stage[] = []
  private readonly inherited = new Set<string>()
  private readonly violations: Violation[] = []
  private readonly images = new Map<string, Promise<BaseImage>>()

  constructor(
    private readonly escape: '\\' | '`',
    private readonly options: PlanOptions,
  ) {}

  async plan(instructions: readonly Instruction[]): Promise<BuildPlan> {
    for (const instruction of instructions) {
      if (instruction.name === 'FROM' && this.isTarget(this.stages.at(-1))) break
      await this.add(instruction)
    }
    const last = this.stages.at(-1)
    if (!last) throw invalidDockerfile('it has no FROM')
    if (this.options.target !== undefined && !this.isTarget(last)) {
      const errors = [{ pointer: '/query/target', detail: 'is no stage of the Dockerfile' }]
      throw new AppError('INVALID_REQUEST', { reason: 'there is no such stage', errors })
    }
    if (this.violations.length > 0)
      throw new AppError('POLICY_DENIED', { profile: this.violations[0]!.profile, violations: this.violations })
    this.own(`LABEL ${[BUILD_LABEL, ...this.inherited].map((key) => `${key}=""`).join(' ')}`)
    const directive = this.escape === '`' ? '# escape=`\n' : ''
    return {
      dockerfile: `${directive}${this.out.map(({ text }) => text).join('\n')}\n`,
      steps: this.out.map(({ shown }) => shown),
      stages: this.stages.length,
    }
  }

  private async add(instruction: Instruction): Promise<void> {
    const { name, line, rest } = instruction
    const stage = this.stages.at(-1)
    if (name === 'FROM') return this.from(instruction)
    if (!stage) {
      if (name !== 'ARG') throw invalidDockerfile(`${name} stands before the first FROM`, line)
      this.declare(instruction)
      return this.pass(instruction)
    }
    if (name === 'COPY') return this.pass({ ...instruction, flags: await this.copyFlags(instruction) }, instruction)
    if (name === 'ADD') return this.pass({ ...instruction, rest: addWords(instruction) }, instruction)
    if (name === 'WORKDIR') return this.pass({ ...instruction, rest: stage.enter(instruction) }, instruction)
    if (name === 'ENV') stage.setEnv(instruction)
    if (name === 'ARG') stage.setArgs(instruction)
    if (name === 'RUN') this.command(line)
    if (name === 'LABEL' && OUR_LABELS.test(rest)) throw invalidDockerfile('labels berth.* are reserved', line)
    if (name === 'ONBUILD') return this.onBuild(instruction, stage)
    this.pass(instruction)
  }

  private async from(instruction: Instruction): Promise<void> {
    const { line, rest } = instruction
    const [, word, alias] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? []
    if (word === undefined) throw invalidDockerfile('FROM must be: FROM image [AS name]', line)
    const name = this.stageName(alias, line)
    const reference = valueOf(word, this.escape, this.globally)
    if (reference === null || reference === '') throw invalidDockerfile('FROM has a variable that is not known or not understood', line)
    const { text, ...base } = await this.base(reference, line)
    const stage = new Stage(
      { ...base, name, index: this.stages.length },
      { given: this.options.buildArgs, global: this.global },
      this.escape,
    )
    this.stages.push(stage)
    this.out.push({ text: `FROM ${text}${name === null ? '' : ` AS ${name}`}`, shown: instructionText(instruction) })
    for (const trigger of base.onBuild) await this.trigger(trigger, stage, line)
    this.own(`LABEL ${BUILD_LABEL}=${this.options.mark}`)
  }

  private readonly globally = (name: string): string | undefined => known(this.global, name)

  private stageName(alias: string | undefined, line: number): string | null {
    if (alias === undefined) return null
    const name = alias.toLowerCase()
    if (!STAGE_NAME.test(name) || name === 'scratch') throw invalidDockerfile(`${alias.slice(0, 60)} can not be the name of a stage`, line)
    if (this.stages.some((stage) => stage.name === name)) throw invalidDockerfile(`two stages are called ${name}`, line)
    return name
  }

  private async base(reference: string, line: number): Promise<Omit<StageBase, 'name' | 'index'> & { text: string }> {
    const earlier = this.stages.find((stage) => stage.name === reference.toLowerCase())
    if (earlier) return { text: earlier.name!, env: earlier.env, workingDir: earlier.workingDir, onBuild: earlier.onBuild }
    if (reference === 'scratch') return { text: reference, env: new Map(), workingDir: '/', onBuild: [] }
    const image = await this.image(reference, line)
    for (const [key, value] of Object.entries(image.labels)) if (/^berth\.[\w.-]+$/i.test(key) && value !== '') this.inherited.add(key)
    const workingDir = image.workingDir || '/'
    if (!isHarmlessPath(workingDir, { root: true })) throw invalidDockerfile('the image has a working directory that is not allowed', line)
    const env = new Map(image.env.map((text) => assignment(text)).map(([name, value]) => [name, value ?? '']))
    return { text: image.contentId, env, workingDir, onBuild: image.onBuild }
  }

  private image(reference: string, line: number): Promise<BaseImage> {
    const found = this.images.get(reference) ?? this.options.image(reference)
    this.images.set(reference, found)
    return found.catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      const errors = [{ pointer: `/dockerfile/${line}`, detail: `${reference.slice(0, 300)}: ${error.message}` }]
      throw new AppError(error.code, { ...error.details, errors }, { cause: error.cause })
    })
  }

  private async copyFlags({ flags, line }: Instruction): Promise<ReadonlyMap<string, string>> {
    const from = flags.get('from')
    if (from === undefined) return flags
    const stage = this.earlier(from)
    const source = stage ?? (await this.image(from, line)).contentId
    return new Map([...flags, ['from', source]])
  }

  /** A finished stage, by name or number. */
  private earlier(from: string): string | null {
    const before = this.stages.slice(0, -1)
    const found = before.find((stage) => stage.name === from.toLowerCase() || String(stage.index) === from)
    return found ? (found.name ?? String(found.index)) : null
  }

  /** What the base has the engine do: it can not be written anew, so it is only taken where nothing of it had to be. */
  private async trigger(text: string, stage: Stage, line: number): Promise<void> {
    const { lines } = dockerfileLines(Buffer.from(text))
    const instruction = lines.length === 1 ? { ...parseInstruction(lines[0]!), line } : null
    if (!instruction || NO_TRIGGER.has(instruction.name))
      throw invalidDockerfile('the image has an ONBUILD instruction that is not understood', line)
    const { name, rest, flags } = instruction
    const from = flags.get('from')
    if (from !== undefined && this.earlier(from) === null) await this.ownContent(from, line)
    if (name === 'ADD' && (rest.startsWith('[') || !rest.split(/\s+/).every(isPlainSource)))
      throw invalidDockerfile('the image has an ONBUILD ADD whose source could be an address', line)
    if (name === 'WORKDIR') {
      if (/['"\\`$]/.test(rest)) throw invalidDockerfile('the image has an ONBUILD WORKDIR with a variable', line)
      stage.enter(instruction)
    }
    if (name === 'ENV') stage.setEnv(instruction)
    if (name === 'ARG') stage.setArgs(instruction)
    if (name === 'RUN') this.command(line)
  }

  /** A copy out of an image, by the content's id alone: by a name the engine would take whatever it has under it. */
  private async ownContent(from: string, line: number): Promise<void> {
    if (/^sha256:[0-9a-f]{64}$/.test(from)) return void (await this.image(from, line))
    throw invalidDockerfile(
      `the image has an ONBUILD instruction that copies from ${from.slice(0, 200)}: add a stage of that name, FROM the image that is meant`,
      line,
    )
  }

  private onBuild(instruction: Instruction, stage: Stage): void {
    const { line, rest } = instruction
    const inner = parseInstruction({ line, text: rest })
    if (NO_TRIGGER.has(inner.name)) throw invalidDockerfile(`ONBUILD ${inner.name} is not possible`, line)
    const text = instructionText(inner.name === 'ADD' ? { ...inner, rest: addWords(inner) } : inner)
    stage.onBuild.push(text)
    this.pass({ ...instruction, rest: text }, instruction)
  }

  private declare({ rest, line }: Instruction): void {
    for (const [name, fallback] of splitWords(rest, this.escape).map(assignment)) {
      const given = this.options.buildArgs.get(name)
      const value = given ?? (fallback === undefined ? '' : valueOf(fallback, this.escape, this.globally))
      if (!/^[A-Za-z_]\w*$/.test(name)) throw invalidDockerfile(`${name.slice(0, 60)} can not be the name of an ARG`, line)
      this.global.set(name, value)
    }
  }

  private command(line: number): void {
    const { noCommands } = this.options
    if (noCommands) this.violations.push({ path: `/dockerfile/${line}`, ...noCommands })
  }

  private isTarget(stage: Stage | undefined): boolean {
    const { target } = this.options
    return stage !== undefined && target !== undefined && (stage.name === target.toLowerCase() || String(stage.index) === target)
  }

  private pass(instruction: Instruction, shown: Instruction = instruction): void {
    this.out.push({ text: instructionText(instruction), shown: instructionText(shown) })
  }

  private own(text: string): void {
    this.out.push({ text, shown: '' })
  }
}
