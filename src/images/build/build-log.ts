import type { ProgressEvent } from '../../engine/index.js'
import type { JobStep } from '../../jobs/index.js'
import { maskValues } from '../mask.js'
import type { BuildPlan } from './build-plan.js'

/** What is kept of the output of one step, from its end. */
const MOST_OUTPUT = 4_000
const LONGEST_TEXT = 300
/** Shorter ones would mask half of every text. */
const SHORTEST_SECRET = 4
const STEP = /^Step (\d+)\/(\d+) : /
/** The builder paints what comes from stderr, and says itself which containers and contents it uses. */
// eslint-disable-next-line no-control-regex -- that is what a paint begins with
const PAINT = /\u001B\[\d*m/g
const OWN =
  /^(?: ---> .*| ---> Running in \w+|Removing intermediate container \w+|Successfully (?:built|tagged) .*|# Executing \d+ build triggers?|s)?\n?$/

/**
 * The steps of a build, out of what the engine prints. Values of ENV and ARG are masked, and where the output repeats a value
 * that was given for the build, that is too: a job is read by those who may not read env values.
 */
export class BuildLog {
  /** Of the whole build, as the engine counts them; it says so before it does anything. */
  total: number | undefined
  private step = 0
  private output = ''
  private state = 'running'
  /** Of each stage that is done. */
  private readonly contents: string[] = []
  private readonly secrets: readonly string[]

  constructor(
    private readonly report: (step: JobStep) => void,
    buildArgs: ReadonlyMap<string, string>,
  ) {
    this.secrets = [...new Set(buildArgs.values())].filter((value) => value.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length)
  }

  /** What the steps are, once the Dockerfile is read. */
  plan: Pick<BuildPlan, 'steps' | 'stages'> = { steps: [], stages: 0 }

  /** What the last stage has become, once the engine has said so; commands can't print that. */
  get made(): string | undefined {
    return this.contents.length > 0 && this.contents.length === this.plan.stages ? this.contents.at(-1) : undefined
  }

  take({ stream, aux }: ProgressEvent): void {
    if (aux?.ID !== undefined) this.contents.push(aux.ID)
    if (stream === undefined) return
    const [, number, total] = STEP.exec(stream) ?? []
    if (this.step === 0) this.total = total === undefined ? undefined : Number(total)
    if (number !== undefined && Number(number) === this.step + 1) return this.next(Number(number))
    if (stream === ' ---> Using cache\n') this.state = 'cached'
    else if (!OWN.test(stream)) this.print(stream)
  }

  /** The last step is over. */
  end(state: 'done' | 'failed'): void {
    this.tell(state === 'done' && this.state === 'cached' ? 'cached' : state)
  }

  /** What the present step is called. */
  get present(): string {
    return this.masked(maskValues(this.shown(this.step)) || 'the last step').slice(0, LONGEST_TEXT)
  }

  private next(step: number): void {
    if (this.step > 0) this.end('done')
    this.step = step
    this.state = 'running'
    this.output = ''
    this.tell('running')
  }

  private print(text: string): void {
    this.output = (this.output + text.replaceAll(PAINT, '')).slice(-MOST_OUTPUT)
    if (this.shown(this.step) !== '') this.report({ id: `${this.name} output`, status: 'output', detail: this.masked(this.output) })
  }

  private tell(status: string): void {
    const shown = this.shown(this.step)
    if (shown !== '') this.report({ id: this.name, status, detail: this.masked(maskValues(shown)).slice(0, LONGEST_TEXT) })
  }

  /** Numbers of the instructions as the client wrote them: ours do not count. */
  private get name(): string {
    return `step ${this.plan.steps.slice(0, this.step).filter((text) => text !== '').length}`
  }

  private shown(step: number): string {
    return this.plan.steps[step - 1] ?? ''
  }

  private masked(text: string): string {
    return this.secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  }
}
