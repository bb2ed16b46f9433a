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
    const rows = await this.ownership.owned('container', [teamId])
    return rows.filter((row) => this.inventory.containers.get(row.engine_id ?? '')?.imageId === contentId).length
  }
}
