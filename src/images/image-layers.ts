import { Injectable } from '@nestjs/common'
import { Engine } from '../engine/index.js'
import { isCode } from './holding-tags.js'
import { chainIds, type LayerFacts, layerFacts } from './layer-sizes.js'

/** What a content is made of never changes, so it is asked for once; an entry is about 100 bytes a layer. */
const REMEMBERED = 4_000
/** Calls to the engine at one time, so that a first look at a team's images does not keep others waiting. */
const AT_ONCE = 8

/** The layers of contents, as the engine knows them. */
@Injectable()
export class ImageLayers {
  private readonly chains = new Map<string, readonly string[]>()

  constructor(private readonly engine: Engine) {}

  /** Lowest first. @throws AppError NOT_FOUND when the engine lost the content */
  async of(contentId: string): Promise<LayerFacts[]> {
    const [image, history] = await Promise.all([this.engine.images.inspect(contentId), this.engine.images.history(contentId)])
    return layerFacts(image.RootFS.Layers ?? [], history)
  }

  /** The chain ids of each content; those that the engine lost are left out. */
  async chainsOf(contentIds: Iterable<string>): Promise<Map<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>()
    const queue = [...new Set(contentIds)]
    const worker = async (): Promise<void> => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        const chains = await this.chain(id)
        if (chains) found.set(id, chains)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return found
  }

  private async chain(contentId: string): Promise<readonly string[] | null> {
    const known = this.chains.get(contentId)
    if (known) return known
    try {
      const chains = chainIds((await this.engine.images.inspect(contentId)).RootFS.Layers ?? [])
      if (this.chains.size >= REMEMBERED) this.chains.delete(this.chains.keys().next().value!)
      this.chains.set(contentId, chains)
      return chains
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }
}
