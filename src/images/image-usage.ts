import { Injectable } from '@nestjs/common'
import { Ownership } from '../access/index.js'
import { Inventory } from '../engine/index.js'

/** Who uses a content. */
@Injectable()
export class ImageUsage {
  constructor(
    private readonly ownership: Ownership,
    private readonly inventory: Inventory,
  ) {}

  /** How many of the team's own containers use it; what others do with it is not told. */
  async byTeam(teamId: string, contentId: string): Promise<number> {
    return (await this.usedBy(teamId)).get(contentId) ?? 0
  }

  /** Contents that containers of the team use, and how many do. */
  async usedBy(teamId: string): Promise<Map<string, number>> {
    const rows = await this.ownership.owned('container', [teamId])
    const ids = rows.flatMap((row) => this.inventory.containers.get(row.engine_id ?? '')?.imageId ?? [])
    return new Map([...Map.groupBy(ids, (id) => id)].map(([id, users]) => [id, users.length]))
  }
}
