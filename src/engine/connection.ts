import { AppError } from '../common/errors.js'
import { Emitter } from './emitter.js'
import type { EngineProblem, EngineState } from './engine-state.js'
import type { EngineSettings } from './options.js'
import { ping, type Pong } from './ping.js'
import type { Transport } from './transport.js'

/** A sign of life younger than this is as good as a ping. */
const FRESH_MS = 250
/** A call that has no answer after this is worth a ping beside it; with the ping's limit it stays under a second. */
const UNEASY_MS = 150

/**
 * Knows whether the engine is there. Every byte it sends is a sign of life; when the last one is old, a call waits for one
 * ping (shared by all that wait), so that a stopped engine costs a caller a second and not the call's own limit, and so that
 * a change that was answered 503 is not carried out when the engine wakes up.
 */
export class Connection {
  readonly changes: Emitter<EngineState>
  private current: EngineState = { up: false, since: new Date(), outages: 0, version: undefined, engineVersion: undefined }
  private lastLife = -Infinity
  private probing: Promise<void> | undefined
  private heartbeat: NodeJS.Timeout | undefined
  private readonly waiting = new Set<(error: AppError) => void>()

  constructor(
    private readonly transport: Transport,
    private readonly settings: EngineSettings,
  ) {
    this.changes = new Emitter((error) => settings.log.warn({ err: error }, 'a listener of the engine state failed'))
  }

  get state(): EngineState {
    return this.current
  }

  /** Begins the heartbeat, which never ends by itself: it is also what finds an engine again. */
  start(): void {
    this.heartbeat ??= setInterval(() => void this.beat(), this.settings.probeEveryMs).unref()
    void this.probe()
  }

  stop(): void {
    clearInterval(this.heartbeat)
    this.heartbeat = undefined
  }

  /** Called for everything the engine sends. */
  alive(): void {
    this.lastLife = performance.now()
  }

  /** Something went wrong that may mean that the engine is gone: look at once. */
  suspect(): void {
    this.lastLife = -Infinity
    void this.probe()
  }

  /** Resolves with the API version for a path; throws ENGINE_UNAVAILABLE or, for an engine we can't speak with, ENGINE_PROTOCOL. */
  async admit(): Promise<string> {
    const known = this.current
    if (!known.up && known.problem !== undefined && this.heartbeat) throw refusal(known)
    if (!known.up || this.age() > FRESH_MS) await this.probe()
    const { version } = this.current
    if (!this.current.up || version === undefined) throw refusal(this.current)
    return version
  }

  /** Watches over a call that is under way: `fail` is called when the engine goes down meanwhile. Returns the end of the watch. */
  watch(fail: (error: AppError) => void): () => void {
    const start = performance.now()
    const uneasy = setTimeout(() => {
      if (this.lastLife < start) void this.probe()
    }, UNEASY_MS).unref()
    this.waiting.add(fail)
    return () => {
      clearTimeout(uneasy)
      this.waiting.delete(fail)
    }
  }

  /** One ping at a time; everybody who asks meanwhile waits for the same one. Never rejects. */
  probe(): Promise<void> {
    this.probing ??= this.look().finally(() => (this.probing = undefined))
    return this.probing
  }

  private async beat(): Promise<void> {
    if (!this.current.up || this.age() > FRESH_MS) await this.probe()
  }

  private async look(): Promise<void> {
    // what fails then fails because we are stopping
    if (this.transport.closed) return
    const start = performance.now()
    const result = await ping(this.transport, this.settings.probeTimeoutMs)
    if (result === 'silent' && this.lastLife > start && this.current.up) return
    if (typeof result === 'string') this.down(result)
    else this.up(result)
  }

  private up(pong: Pong): void {
    this.alive()
    const { up, version, engineVersion } = this.current
    if (up && version === pong.version && engineVersion === pong.engineVersion) return
    this.become({ up: true, since: new Date(), outages: this.current.outages, ...pong })
  }

  private down(problem: EngineProblem): void {
    this.lastLife = -Infinity
    if (!this.current.up && this.current.problem === problem) return
    const { up, problem: known, since, outages } = this.current
    const isNew = up || known === undefined
    this.become({ ...this.current, up: false, problem, since: isNew ? new Date() : since, outages: isNew ? outages + 1 : outages })
    for (const fail of this.waiting) fail(refusal(this.current))
  }

  private become(state: EngineState): void {
    this.current = state
    const { log } = this.settings
    if (state.up) log.info({ version: state.version, engineVersion: state.engineVersion }, 'the engine is up')
    else log.warn({ problem: state.problem }, 'the engine is down')
    this.changes.emit(state)
  }

  private age(): number {
    return performance.now() - this.lastLife
  }
}

function refusal(state: EngineState): AppError {
  const understood = state.problem !== 'not_understood' && state.problem !== 'version'
  return new AppError(
    understood ? 'ENGINE_UNAVAILABLE' : 'ENGINE_PROTOCOL',
    {},
    { cause: `the engine is down: ${state.problem ?? 'unknown'}` },
  )
}
