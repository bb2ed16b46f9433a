import type { Admitted } from '../common/admitted.js'
import { object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { fullId } from './engine-path.js'
import { withBody } from './modem.js'
import type { Session } from './session.js'
import type { ExecInspect, ExecSpec } from './types.js'

const CREATED: Shape<{ readonly Id: string }> = object({ Id: 'string' })
const INSPECT: Shape<ExecInspect> = object({ ID: 'string', ContainerID: 'string', Running: 'boolean', ProcessConfig: 'object' })

/** The engine's exec calls. */
export class Execs {
  constructor(private readonly client: EngineClient) {}

  create(container: string, spec: Admitted<ExecSpec>): Promise<{ readonly Id: string }> {
    return this.client.json(CREATED, (docker) => docker.getContainer(fullId(container)).exec(withBody<object>(spec)))
  }

  /** Starts it on a hijacked connection; `tty` must be what it was created with. An exec starts once. */
  start(id: string, options: { tty: boolean; signal?: AbortSignal }): Promise<Session> {
    const body = { Detach: false, Tty: options.tty }
    return this.client.hijack(`/exec/${fullId(id)}/start`, { tty: options.tty, signal: options.signal, body, doing: { verb: 'start', id } })
  }

  inspect(id: string): Promise<ExecInspect> {
    return this.client.json(INSPECT, (docker) => docker.getExec(fullId(id)).inspect())
  }

  async resize(id: string, size: { rows: number; columns: number }): Promise<void> {
    await this.client.act((docker) => docker.getExec(fullId(id)).resize({ h: size.rows, w: size.columns }))
  }
}
