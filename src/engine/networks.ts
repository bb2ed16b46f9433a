import type { Admitted } from '../common/admitted.js'
import { listOf, object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { fullId, networkName } from './engine-path.js'
import { withBody } from './modem.js'
import type { EndpointSpec, NetworkInspect, NetworkSpec } from './types.js'

const INSPECT: Shape<NetworkInspect> = object({ Id: 'string', Name: 'string', Driver: 'string' })
const CREATED: Shape<{ readonly Id: string; readonly Warning?: string }> = object({ Id: 'string' })

/** The engine's network calls. */
export class Networks {
  constructor(private readonly client: EngineClient) {}

  list(): Promise<NetworkInspect[]> {
    return this.client.json(listOf(INSPECT), (docker) => docker.listNetworks())
  }

  inspect(id: string): Promise<NetworkInspect> {
    return this.client.json(INSPECT, (docker) => docker.getNetwork(fullId(id)).inspect())
  }

  /** CheckDuplicate is always sent: without it engines before 1.44 make two networks of one name. */
  create(spec: Admitted<NetworkSpec>): Promise<{ readonly Id: string; readonly Warning?: string }> {
    networkName(spec.Name)
    return this.client.json(CREATED, (docker) => docker.createNetwork(withBody({ ...spec, CheckDuplicate: true })), {
      doing: { verb: 'create', name: spec.Name },
    })
  }

  async remove(id: string): Promise<void> {
    await this.client.act((docker) => docker.getNetwork(fullId(id)).remove())
  }

  /** The endpoint as it was admitted: aliases, links, address. */
  async connect(id: string, container: string, endpoint: Admitted<EndpointSpec>): Promise<void> {
    const body: object = { Container: fullId(container), EndpointConfig: endpoint }
    await this.client.act((docker) => docker.getNetwork(fullId(id)).connect(withBody(body)), { doing: { verb: 'connect' } })
  }

  async disconnect(id: string, container: string, options: { force?: boolean } = {}): Promise<void> {
    const body = { Container: fullId(container), Force: options.force ?? false }
    await this.client.act((docker) => docker.getNetwork(fullId(id)).disconnect(withBody(body)))
  }
}
