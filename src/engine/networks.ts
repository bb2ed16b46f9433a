import { listOf, object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { fullId, networkName } from './engine-path.js'
import type { NetworkInspect, NetworkSpec } from './types.js'

const INSPECT: Shape<NetworkInspect> = object({ Id: 'string', Name: 'string', Driver: 'string' })
const CREATED: Shape<{ readonly Id: string; readonly Warning?: string }> = object({ Id: 'string' })

/** The engine's network calls. */
export class Networks {
  constructor(private readonly client: EngineClient) {}

  list(): Promise<NetworkInspect[]> {
    return this.client.get('/networks', listOf(INSPECT))
  }

  inspect(id: string): Promise<NetworkInspect> {
    return this.client.get(`/networks/${fullId(id)}`, INSPECT)
  }

  /** CheckDuplicate is always sent: without it engines before 1.44 make two networks of one name. */
  create(spec: NetworkSpec): Promise<{ readonly Id: string; readonly Warning?: string }> {
    networkName(spec.Name)
    return this.client.post('/networks/create', CREATED, {
      body: { ...spec, CheckDuplicate: true },
      doing: { verb: 'create', name: spec.Name },
    })
  }

  async remove(id: string): Promise<void> {
    await this.client.act(`/networks/${fullId(id)}`, { method: 'DELETE' })
  }

  /** `endpoint` in the engine's shape: aliases, address. */
  async connect(id: string, container: string, endpoint: object = {}): Promise<void> {
    const body = { Container: fullId(container), EndpointConfig: endpoint }
    await this.client.act(`/networks/${fullId(id)}/connect`, { body, doing: { verb: 'connect' } })
  }

  async disconnect(id: string, container: string, options: { force?: boolean } = {}): Promise<void> {
    const body = { Container: fullId(container), Force: options.force ?? false }
    await this.client.act(`/networks/${fullId(id)}/disconnect`, { body })
  }
}
