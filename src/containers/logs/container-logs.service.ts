import { Injectable } from '@nestjs/common'
import { type Grant, OpenRights } from '../../access/index.js'
import { AppError, type FieldError } from '../../common/errors.js'
import { Engine, type LogLine, type LogsOptions, readLogBatches } from '../../engine/index.js'
import type { LogsQuery } from '../dto/logs.query.js'
import { nanoseconds } from './log-time.js'

/** A container's log, as it is read; whoever gets it ends it by `abort`. */
export interface ContainerLog {
  readonly container: string
  readonly timestamps: boolean
  /** All that came together, together: one line at a time costs three times as much. */
  readonly lines: AsyncGenerator<LogLine[]>
  abort(): void
}

/** Logs over plain HTTP, as `docker logs`; the resumable ones are streams. */
@Injectable()
export class ContainerLogs {
  constructor(
    private readonly engine: Engine,
    private readonly rights: OpenRights,
  ) {}

  /** @throws AppError NOT_FOUND, INVALID_REQUEST */
  async read(grant: Grant<'ContainerLogs'>, query: LogsQuery): Promise<ContainerLog> {
    const { engineId, name } = grant.target
    const options = optionsOf(query)
    const { Config } = await this.engine.containers.inspect(engineId)
    const ending = new AbortController()
    const tty = Config.Tty ?? false
    const lines = readLogBatches(await this.engine.containers.logs(engineId, { ...options, tty, signal: ending.signal }), { tty })
    const unwatch = options.follow ? this.rights.watch(grant, (reason) => ending.abort(reason)) : () => undefined
    const abort = (): void => {
      unwatch()
      ending.abort()
    }
    return { container: name, timestamps: query.timestamps ?? false, lines, abort }
  }
}

function optionsOf({ tail = 'all', since, until, stdout = true, stderr = true, follow = false }: LogsQuery): Omit<LogsOptions, 'tty'> {
  const errors: FieldError[] = []
  const time = (name: 'since' | 'until', text: string | undefined): bigint | undefined => {
    const value = text === undefined ? undefined : nanoseconds(text)
    if (text !== undefined && value === undefined) errors.push({ pointer: `/query/${name}`, detail: 'is not a time that exists' })
    return value
  }
  const range = { since: time('since', since), until: time('until', until) }
  if (!stdout && !stderr) errors.push({ pointer: '/query/stderr', detail: 'leaves nothing to read: take stdout or stderr' })
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some parameters are wrong', errors })
  return { stdout, stderr, follow, ...range, ...(tail !== 'all' && { tail: Number(tail) }) }
}
