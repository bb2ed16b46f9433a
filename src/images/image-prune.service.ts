import { Injectable } from '@nestjs/common'
import { type Grant, ownScopeOf, type TeamRef } from '../access/index.js'
import { Inventory } from '../engine/index.js'
import { ImageReferenceStore } from '../store/image-references.store.js'
import { isDangling } from '../common/dangling-image.js'
import type { PruneImagesBody } from './dto/image.body.js'
import type { ImagePruned, ImagesPruned } from './dto/image.response.js'
import { byLabels } from './image-filter.js'
import { ImageLayers } from './image-layers.js'
import { ImageUsage } from './image-usage.js'
import { heldImages, type HeldImage, references, summary } from './image-view.js'
import { TeamImages } from './team-images.js'

/** Takes away what teams do not use. */
@Injectable()
export class ImagePrune {
  constructor(
    private readonly store: ImageReferenceStore,
    private readonly images: TeamImages,
    private readonly usage: ImageUsage,
    private readonly layers: ImageLayers,
    private readonly inventory: Inventory,
  ) {}

  /** Own images alone, never those that containers of the team use, whatever state these are in. */
  async prune(grant: Grant<'ImagePrune'>, body: PruneImagesBody): Promise<ImagesPruned> {
    const items: ImagePruned[] = []
    let spaceReclaimed = 0
    for (const team of ownScopeOf(grant).values()) {
      const all = heldImages(await this.store.inTeams({ teamIds: [team.id] }), () => team.name)
      const unused = await this.unused(team, all, body)
      spaceReclaimed += await this.spaceOf(unused, all)
      for (const image of unused) {
        const item = await this.drop(image)
        if (item) items.push(item)
      }
    }
    return { items, spaceReclaimed }
  }

  private async unused(team: TeamRef, all: readonly HeldImage[], body: PruneImagesBody): Promise<HeldImage[]> {
    const used = await this.usage.usedBy(team.id)
    const hasLabels = byLabels(body.label)
    return all.filter((image) => {
      if (used.has(image.contentId) || (body.all !== true && !image.rows.every(isDangling))) return false
      const entry = this.inventory.images.get(image.contentId)
      const { createdAt } = summary(image, entry)
      return (
        hasLabels(summary(image, entry)) &&
        (body.until === undefined || (createdAt !== null && Date.parse(createdAt) < Date.parse(body.until)))
      )
    })
  }

  /** Bytes of the layers that the team has in no other image; what other teams hold of them stays on the disk, and is not told. */
  private async spaceOf(gone: readonly HeldImage[], all: readonly HeldImage[]): Promise<number> {
    const ids = new Set(gone.map((image) => image.contentId))
    const kept = await this.layers.chainsOf(all.map((image) => image.contentId).filter((id) => !ids.has(id)))
    const counted = new Set([...kept.values()].flat())
    let bytes = 0
    for (const id of ids) {
      // the engine may have lost it
      for (const { chainId, size } of await this.layers.of(id).catch(() => [])) {
        if (!counted.has(chainId)) bytes += size ?? 0
        counted.add(chainId)
      }
    }
    return bytes
  }

  /** Null: somebody else has taken it away, or moved it, meanwhile. */
  private async drop(image: HeldImage): Promise<ImagePruned | null> {
    const dropped = []
    for (const row of image.rows) if (await this.images.drop(row)) dropped.push(row)
    if (dropped.length === 0) return null
    return { team: image.team, id: image.contentId, untagged: references(dropped) }
  }
}
