import { Injectable } from '@nestjs/common'
import { type ImagePiece, ImageSpace } from '../common/image-space.js'
import { Inventory } from '../engine/index.js'
import { isCode } from './holding-tags.js'
import { ImageLayers } from './image-layers.js'

/** What a content takes never changes, so it is asked for once. */
const REMEMBERED = 2_000
const AT_ONCE = 4

/** Images by their layers: by chain id, since the engine stores a layer once for each place on others. */
@Injectable()
export class TeamImageSpace extends ImageSpace {
  private readonly known = new Map<string, readonly ImagePiece[]>()

  constructor(
    private readonly layers: ImageLayers,
    private readonly inventory: Inventory,
  ) {
    super()
  }

  async pieces(contentIds: Iterable<string>): Promise<ReadonlyMap<string, readonly ImagePiece[]>> {
    const found = new Map<string, readonly ImagePiece[]>()
    const queue = [...new Set(contentIds)]
    const worker = async (): Promise<void> => {
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        const pieces = this.known.get(id) ?? (await this.ask(id))
        if (pieces) found.set(id, pieces)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return found
  }

  private async ask(contentId: string): Promise<readonly ImagePiece[] | null> {
    try {
      const layers = await this.layers.of(contentId)
      const whole = { key: contentId, size: this.inventory.images.get(contentId)?.size ?? 0 }
      const pieces = layers.flatMap(({ chainId, size }) => (size === null ? [] : [{ key: chainId, size }]))
      // where the history does not tell layer by layer, the image is one piece
      const told = pieces.length === layers.length ? pieces : [whole]
      if (this.known.size >= REMEMBERED) this.known.delete(this.known.keys().next().value!)
      this.known.set(contentId, told)
      return told
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }
}
