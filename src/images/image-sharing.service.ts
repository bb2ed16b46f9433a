import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import type { ImageReferenceRow } from '../store/schema.js'
import type { ImageLayer, ImageLayerList, LayerSharer } from './dto/layers.response.js'
import { readsValues } from './image-catalog.service.js'
import { ImageLayers } from './image-layers.js'
import { heldImages, references } from './image-view.js'
import type { LayerFacts } from './layer-sizes.js'
import { maskValues } from './mask.js'

/** More than these share a layer only in a list that nobody reads. */
const MAX_SHARERS = 100

/** Which images of a team are made of the same layers. */
@Injectable()
export class ImageSharing {
  constructor(
    private readonly store: ImageReferenceStore,
    private readonly layers: ImageLayers,
  ) {}

  /** Speaks of the team's own images and the library's alone. @throws AppError NOT_FOUND when the engine lost the content */
  async list(grant: Grant<'ImageLayers'>): Promise<ImageLayerList> {
    const { team, contentId } = grant.target
    const [layers, rows] = await Promise.all([this.layers.of(contentId), this.store.inTeams({ teamIds: [team.id, LIBRARY] })])
    const others = rows.filter((row) => row.content_id !== contentId)
    const sharers = await this.sharers(others, team.name)
    const reads = readsValues(grant)
    return summed(layers.map((layer) => view(layer, sharers.get(layer.chainId) ?? [], reads)))
  }

  private async sharers(rows: readonly ImageReferenceRow[], team: string): Promise<Map<string, LayerSharer[]>> {
    const chains = await this.layers.chainsOf(rows.map((row) => row.content_id))
    const sharers = new Map<string, LayerSharer[]>()
    // a content that the team and the library have is one image, and the team's
    const seen = new Set<string>()
    const images = heldImages(rows, () => team).sort((a, b) => Number(a.library) - Number(b.library))
    for (const image of images) {
      if (seen.has(image.contentId)) continue
      seen.add(image.contentId)
      const sharer = { id: image.contentId, references: references(image.rows), team: image.team }
      for (const chain of chains.get(image.contentId) ?? []) {
        const list = sharers.get(chain)
        if (list) list.push(sharer)
        else sharers.set(chain, [sharer])
      }
    }
    return sharers
  }
}

function view(layer: LayerFacts, sharers: readonly LayerSharer[], reads: boolean): ImageLayer {
  const { digest, size, createdBy } = layer
  const shown = createdBy === null || reads ? createdBy : maskValues(createdBy)
  return { digest, size, createdBy: shown, sharers: sharers.length, sharedBy: sharers.slice(0, MAX_SHARERS) }
}

function summed(items: ImageLayer[]): ImageLayerList {
  const sum = (of: (layer: ImageLayer) => number): number => items.reduce((total, layer) => total + of(layer), 0)
  return {
    items,
    size: sum(({ size }) => size ?? 0),
    sharedSize: sum(({ size, sharers }) => (sharers > 0 ? (size ?? 0) : 0)),
    savedSize: sum(({ size, sharers }) => (size ?? 0) * sharers),
  }
}
