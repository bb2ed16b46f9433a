import type { Admitted } from '../common/admitted.js'
import { listOf, object, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { volumeName } from './engine-path.js'
import { withBody } from './modem.js'
import type { VolumeInspect, VolumeSpec } from './types.js'

const INSPECT: Shape<VolumeInspect> = object({ Name: 'string', Driver: 'string', Mountpoint: 'string' })
const LIST: Shape<{ readonly Volumes: readonly VolumeInspect[] | null }> = object({})
const rows = listOf(INSPECT)

/** The engine's volume calls. */
export class Volumes {
  constructor(private readonly client: EngineClient) {}

  async list(): Promise<VolumeInspect[]> {
    const { Volumes } = await this.client.json(LIST, (docker) => docker.listVolumes())
    return rows(Volumes ?? [])
  }

  inspect(name: string): Promise<VolumeInspect> {
    return this.client.json(INSPECT, (docker) => docker.getVolume(volumeName(name)).inspect())
  }

  /** The engine answers an existing name with the existing volume, whoever made it: callers compare label and time. */
  create(spec: Admitted<VolumeSpec>): Promise<VolumeInspect> {
    volumeName(spec.Name)
    return this.client.json(INSPECT, (docker) => docker.createVolume(withBody(spec)), { doing: { verb: 'create', name: spec.Name } })
  }

  async remove(name: string): Promise<void> {
    await this.client.act((docker) => docker.getVolume(volumeName(name)).remove())
  }
}
