import { object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { fullId, query } from './engine-path.js'
import type { Session } from './session.js'
import type { ExecInspect, ExecSpec } from './types.js'

const CREATED: Shape<{ readonly Id: string }> = object({ Id: 'string' })
const INSPECT: Shape<ExecInspect> = object({ ID: 'string', ContainerID: 'string', Running: 'boolean', ProcessConfig: 'object' })

/** The engine's exec calls. */
export class Execs {
  constructor(private readonly client: EngineClient) {}

  create(container: string, spec: ExecSpec): Promise<{ readonly Id: string }> {
    return this.client.post(`/containers/${fullId(container)}/exec`, CREATED, { body: spec })
  }

  /** Starts it on a hijacked connection; `tty` must be what it was created with. An exec starts once. */
  start(id: string, options: { tty: boolean; signal?: AbortSignal }): Promise<Session> {
    const body = { Detach: false, Tty: options.tty }
    return this.client.hijack(`/exec/${fullId(id)}/start`, { tty: options.tty, signal: options.signal, body, doing: { verb: 'start', id } })
  }

  inspect(id: string): Promise<ExecInspect> {
    return this.client.get(`/exec/${fullId(id)}/json`, INSPECT)
  }

  async resize(id: string, size: { rows: number; columns: number }): Promise<void> {
    await this.client.act(`/exec/${fullId(id)}/resize${query({ h: size.rows, w: size.columns })}`)
  }
}
