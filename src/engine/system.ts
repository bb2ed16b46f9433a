import { object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { query } from './engine-path.js'
import { engineSeconds } from './time.js'
import type { EngineEvent, SystemDf, SystemInfo, SystemVersion } from './types.js'

const VERSION: Shape<SystemVersion> = object({ Version: 'string', ApiVersion: 'string' })
const INFO: Shape<SystemInfo> = object({ ID: 'string', Containers: 'number', NCPU: 'number' })
const DF: Shape<SystemDf> = object({ LayersSize: 'number' })
const EVENT: Shape<EngineEvent> = object({ Type: 'string', Action: 'string', Actor: 'object', timeNano: 'number' })

/** Seconds beyond the ordinary limit: it walks over every layer and volume. */
const SLOW_DF = 270

/** Which events; times are unix nanoseconds. */
export interface EventsOptions {
  readonly since?: bigint
  readonly until?: bigint
  readonly signal?: AbortSignal
}

/** The engine's own affairs. */
export class System {
  constructor(private readonly client: EngineClient) {}

  version(): Promise<SystemVersion> {
    return this.client.json(VERSION, (docker) => docker.version())
  }

  info(): Promise<SystemInfo> {
    return this.client.json(INFO, (docker) => docker.info())
  }

  /** Milliseconds of one round trip. */
  async ping(): Promise<number> {
    const start = performance.now()
    await this.client.ping()
    return performance.now() - start
  }

  /** Sizes of everything; slow on a full host. */
  df(): Promise<SystemDf> {
    return this.client.json(DF, (docker) => docker.df(), { graceSeconds: SLOW_DF })
  }

  /**
   * Everybody's events, with exec command lines in them: filter before a client sees one. Resolves when the engine has taken
   * the subscription: what happens from there on is told.
   */
  events(options: EventsOptions = {}): Promise<AsyncGenerator<EngineEvent>> {
    const { since, until, signal } = options
    const path = `/events${query({ since: engineSeconds(since), until: engineSeconds(until) })}`
    return this.client.streamJson('GET', path, EVENT, { signal })
  }
}
