import { Injectable } from '@nestjs/common'
import { type OwnedTarget, Ownership } from '../access/index.js'
import { Engine } from '../engine/index.js'

/** The end of a container, of its ownership row, and where asked for of its anonymous volumes. */
@Injectable()
export class ContainerRemoval {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
  ) {}

  /** @throws AppError CONTAINER_RUNNING without force */
  async remove(
    { engineId, uid }: Pick<OwnedTarget<'container'>, 'engineId' | 'uid'>,
    { force = false, volumes = false }: { readonly force?: boolean | undefined; readonly volumes?: boolean | undefined } = {},
  ): Promise<void> {
    const { inventory, containers } = this.engine
    const mounted = inventory.containers.get(engineId)?.mounts.flatMap(({ type, name }) => (type === 'volume' && name ? [name] : [])) ?? []
    await containers.remove(engineId, { force, volumes })
    await inventory.refresh('container', engineId)
    if (uid !== null) await this.ownership.end(uid)
    else await this.ownership.disappeared('container', engineId)
    if (!volumes) return
    for (const name of mounted) if (!(await inventory.refresh('volume', name))) await this.ownership.disappeared('volume', name)
  }
}
