import type { Admitted } from '../common/admitted.js'
import { AppError } from '../common/errors.js'
import { listOf, object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { containerName, fullId, query } from './engine-path.js'
import { REMOVAL_RACE } from './engine-texts.js'
import type { LogLine } from './line-joiner.js'
import { readLogLines } from './log-lines.js'
import { withBody } from './modem.js'
import type { Session } from './session.js'
import { engineSeconds } from './time.js'
import type {
  ContainerCreated,
  ContainerInspect,
  ContainerSpec,
  ContainerStats,
  ContainerSummary,
  ContainerTop,
  ContainerUpdateSpec,
  ContainerWait,
} from './types.js'

/** Which part of a container's log is read. Lines always come with their timestamps. */
export interface LogsOptions {
  /** Config.Tty of the container: decides the shape of the bytes. */
  readonly tty: boolean
  readonly follow?: boolean
  readonly stdout?: boolean
  readonly stderr?: boolean
  /** Unix nanoseconds, inclusive (so the engine). */
  readonly since?: bigint
  /** Unix nanoseconds. */
  readonly until?: bigint
  /** The last n pieces (the engine counts pieces of 16 KiB, not lines). */
  readonly tail?: number
  readonly signal?: AbortSignal
}

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

/** Seconds; the container's own StopTimeout may be as long (profiles), and only the engine knows it. */
const LONGEST_STOP = 600
/** Seconds: a large writable layer is deleted file by file. */
const SLOW_REMOVE = 90
/** Seconds: file by file, too. */
const SLOW_SIZE = 60
/** Many logs are read at the same time, and the engine sends each line by itself. */
const LOG_READING = { bufferSize: 65_536, gatherMs: 1 } as const

/**
 * The engine itself looks for detach keys in a terminal's input, ctrl-p ctrl-q by default, and can't be told not to. Which keys
 * detach whom is decided by us, so it looks for what nobody types.
 */
export const NO_KEYS = Array.from({ length: 9 }, () => 'ctrl-@').join(',')

const INSPECT: Shape<ContainerInspect> = object({
  Id: 'string',
  Name: 'string',
  State: 'object',
  Config: 'object',
  HostConfig: 'object',
  NetworkSettings: 'object',
  Mounts: 'array',
})
const SIZES: Shape<{ readonly Id: string; readonly SizeRw?: number; readonly SizeRootFs?: number }> = object({ Id: 'string' })
const SUMMARY: Shape<ContainerSummary> = object({ Id: 'string', Names: 'array', State: 'string' })
const CREATED: Shape<ContainerCreated> = object({ Id: 'string' })
const PROCESSES: Shape<Pick<ContainerTop, 'Titles'> & { readonly Processes: ContainerTop['Processes'] | null }> = object({
  Titles: 'array',
})
/** Null: the last process has just ended. */
const TOP: Shape<ContainerTop> = (value) => {
  const { Titles, Processes } = PROCESSES(value)
  return { Titles, Processes: listOf<readonly string[]>((row) => row as string[])(Processes) }
}
const STATS: Shape<ContainerStats> = object({
  read: 'string',
  cpu_stats: 'object',
  precpu_stats: 'object',
  memory_stats: 'object',
  blkio_stats: 'object',
})
const WAIT: Shape<ContainerWait> = object({ StatusCode: 'number' })

/** The engine's container calls. Ids are full ids only. */
export class Containers {
  constructor(private readonly client: EngineClient) {}

  /** All containers, also those that do not run. Sizes are never asked for: they cost the engine a walk over the disk. */
  list(): Promise<ContainerSummary[]> {
    return this.client.json(listOf(SUMMARY), (docker) => docker.listContainers({ all: true }))
  }

  inspect(id: string): Promise<ContainerInspect> {
    return this.client.json(INSPECT, (docker) => docker.getContainer(fullId(id)).inspect())
  }

  /** Bytes of the writable layer, and of all layers together: the engine walks over the disk for it. */
  async sizes(id: string): Promise<{ writable: number; total: number }> {
    const options = { graceSeconds: SLOW_SIZE }
    const { SizeRw, SizeRootFs } = await this.client.json(
      SIZES,
      (docker) => docker.getContainer(fullId(id)).inspect({ size: true } as object),
      options,
    )
    return { writable: SizeRw ?? 0, total: SizeRootFs ?? 0 }
  }

  /** Sends the spec as it was admitted. A missing image is IMAGE_NOT_PRESENT, a taken name NAME_IN_USE. */
  create(name: string, spec: Admitted<ContainerSpec>): Promise<ContainerCreated> {
    const inQuery = { name: containerName(name) }
    const doing = { verb: 'create', name, image: spec.Image } as const
    return this.client.json(CREATED, (docker) => docker.createContainer(withBody<object>(spec, inQuery)), { doing })
  }

  /** Returns false when it was running already. Failures are START_FAILED with a reason, or PORT_IN_USE. */
  start(id: string): Promise<boolean> {
    return this.client.act((docker) => docker.getContainer(fullId(id)).start(), { doing: { verb: 'start', id } })
  }

  /** Returns false when it had stopped already. `timeout` in seconds until it is killed; the engine's default is 10 or the container's own. */
  stop(id: string, { timeout }: { timeout?: number } = {}): Promise<boolean> {
    return this.client.act((docker) => docker.getContainer(fullId(id)).stop({ t: timeout }), {
      graceSeconds: timeout ?? LONGEST_STOP,
    })
  }

  async restart(id: string, { timeout }: { timeout?: number } = {}): Promise<void> {
    await this.client.act((docker) => docker.getContainer(fullId(id)).restart({ t: timeout }), {
      graceSeconds: timeout ?? LONGEST_STOP,
      doing: { verb: 'start', id },
    })
  }

  async kill(id: string, options: { signal?: string } = {}): Promise<void> {
    await this.client.act((docker) => docker.getContainer(fullId(id)).kill({ signal: options.signal }))
  }

  async pause(id: string): Promise<void> {
    await this.client.act((docker) => docker.getContainer(fullId(id)).pause())
  }

  async unpause(id: string): Promise<void> {
    await this.client.act((docker) => docker.getContainer(fullId(id)).unpause())
  }

  async rename(id: string, name: string): Promise<void> {
    await this.client.act((docker) => docker.getContainer(fullId(id)).rename({ name: containerName(name) }), {
      doing: { verb: 'rename', name },
    })
  }

  /** `volumes` removes its anonymous volumes too. */
  async remove(id: string, options: { force?: boolean; volumes?: boolean } = {}): Promise<void> {
    const { force, volumes: v } = options
    const remove = () => this.client.act((docker) => docker.getContainer(fullId(id)).remove({ force, v }), { graceSeconds: SLOW_REMOVE })
    try {
      await remove()
    } catch (error) {
      if (!force || !isRemovalRace(error)) throw error
      await remove()
    }
  }

  /** Its processes. `psArgs` go to the host's ps: `eww` prints environments, so callers allow only what they know. */
  top(id: string, psArgs?: string): Promise<ContainerTop> {
    return this.client.json(TOP, (docker) => docker.getContainer(fullId(id)).top({ ps_args: psArgs }))
  }

  /** Waits without limit; abort it with the signal. */
  wait(id: string, options: { condition?: WaitCondition; signal?: AbortSignal } = {}): Promise<ContainerWait> {
    const { condition, signal } = options
    return this.client.json(WAIT, (docker) => docker.getContainer(fullId(id)).wait({ condition }), { signal, endless: true })
  }

  /** The same, but resolves when the engine has taken the call: the end is the one item. */
  waiting(id: string, { condition, signal }: { condition: WaitCondition; signal: AbortSignal }): Promise<AsyncGenerator<ContainerWait>> {
    return this.client.streamJson('POST', `/containers/${fullId(id)}/wait${query({ condition })}`, WAIT, { signal, endless: true })
  }

  /** New limits or restart policy, as they were admitted. */
  async update(id: string, spec: Admitted<ContainerUpdateSpec>): Promise<void> {
    await this.client.json(object<object>({}), (docker) => docker.getContainer(fullId(id)).update(withBody(spec)))
  }

  async resize(id: string, size: { rows: number; columns: number }): Promise<void> {
    await this.client.act((docker) => docker.getContainer(fullId(id)).resize({ h: size.rows, w: size.columns }))
  }

  /**
   * The engine's bytes, framed without a TTY and raw with one, every piece with its timestamp. Resolves when the engine has taken
   * the call. Reading pulls: who stops reading stops the engine. A chunk is valid until the next is asked for.
   */
  async logs(id: string, options: LogsOptions): Promise<AsyncGenerator<Uint8Array>> {
    const { stdout = true, stderr = true, follow = false, since, until, tail, signal } = options
    const range = { since: engineSeconds(since), until: engineSeconds(until), tail }
    const path = `/containers/${fullId(id)}/logs${query({ timestamps: true, stdout, stderr, follow, ...range })}`
    if (follow) return this.client.stream('GET', path, { signal })
    // Node's own client calls back for each chunk, which is a line here: a third of the cpu (measured)
    return (await this.client.openBulk(path, { signal, ...LOG_READING })).chunks
  }

  /** The same as lines; see readLogLines. */
  async logLines(id: string, options: LogsOptions): Promise<AsyncGenerator<LogLine>> {
    return readLogLines(await this.logs(id, options), { tty: options.tty })
  }

  /** A sample about each second until the signal, also of a container that does not run (its samples are empty: measured); `once`: one, with what was before it. */
  stats(id: string, { signal, once = false }: { signal?: AbortSignal; once?: boolean } = {}): Promise<AsyncGenerator<ContainerStats>> {
    return this.client.streamJson('GET', `/containers/${fullId(id)}/stats${query({ stream: !once })}`, STATS, { signal })
  }

  /** A hijacked connection to the main process. */
  attach(id: string, options: { tty: boolean; stdin: boolean; signal?: AbortSignal }): Promise<Session> {
    const { tty, stdin, signal } = options
    const path = `/containers/${fullId(id)}/attach${query({ stream: 1, stdin, stdout: 1, stderr: 1, detachKeys: NO_KEYS })}`
    return this.client.hijack(path, { tty, signal })
  }
}

function isRemovalRace(error: unknown): boolean {
  return error instanceof AppError && REMOVAL_RACE.test(String(error.cause))
}
