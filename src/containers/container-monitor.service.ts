import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { Later } from '../common/later.js'
import { type ContainerWait, Engine } from '../engine/index.js'
import type { WaitQuery } from './dto/container.query.js'
import type { ContainerExit, ContainerUse } from './dto/monitor.response.js'
import { figuresOf } from './stats/stats-figures.js'

/** What a container does, without changing it. */
@Injectable()
export class ContainerMonitor {
  constructor(private readonly engine: Engine) {}

  /** Waits as long as it takes; one that does not run has ended already. */
  async wait(
    { target }: Grant<'ContainerWait'>,
    { condition = 'not-running' }: WaitQuery,
    signal: AbortSignal,
  ): Promise<Later<ContainerExit>> {
    const ends = await this.engine.containers.waiting(target.engineId, { condition, signal })
    return { value: firstOf(ends).then(exitOf) }
  }

  /** What it uses now: the engine looks twice, a second apart, since cpu is a difference. @throws AppError CONTAINER_NOT_RUNNING */
  async stats({ target }: Grant<'ContainerStats'>, signal: AbortSignal): Promise<ContainerUse> {
    const sample = await firstOf(await this.engine.containers.stats(target.engineId, { signal, once: true }))
    const figures = sample && figuresOf(sample)
    if (!figures) throw new AppError('CONTAINER_NOT_RUNNING')
    return { container: target.engineId, name: target.name, time: new Date(sample.read).toISOString(), ...figures }
  }
}

async function firstOf<T>(all: AsyncGenerator<T>): Promise<T | undefined> {
  for await (const one of all) return one
  return undefined
}

function exitOf(ended: ContainerWait | undefined): ContainerExit {
  // the engine's own text names what nobody asked for
  if (!ended) throw new AppError('ENGINE_PROTOCOL')
  return { exitCode: ended.StatusCode, ...(ended.Error && { error: 'the engine could not wait for its end' }) }
}
