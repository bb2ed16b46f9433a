import type { ImagePiece } from '../common/image-space.js'
import type { SystemDf } from '../engine/index.js'
import type { HostSpace, Space } from './dto/space.dto.js'

/** One object, and whether it is in use. */
export interface Item {
  readonly size: number
  readonly used: boolean
}

/** The figures of a list of objects that share nothing. */
export function spaceOf(items: readonly Item[]): Space {
  const sum = (list: readonly Item[]) => list.reduce((total, { size }) => total + Math.max(0, size), 0)
  return { count: items.length, size: sum(items), reclaimable: sum(items.filter(({ used }) => !used)) }
}

/**
 * What images take together, each layer counted once: also one that another team has, since telling how much is shared with
 * others would tell of them. Reclaimable is what would go with all that no container uses.
 */
export function imageSpace(images: readonly { readonly pieces: readonly ImagePiece[]; readonly used: boolean }[]): Space {
  const total = together(images.map(({ pieces }) => pieces))
  const needed = together(images.filter(({ used }) => used).map(({ pieces }) => pieces))
  return { count: images.length, size: total, reclaimable: total - needed }
}

/** The host as a whole, as `docker system df` counts it. */
export function hostSpace(df: SystemDf): HostSpace {
  const images = df.Images ?? []
  const used = images.filter(({ Containers, SharedSize }) => Containers > 0 && SharedSize >= 0)
  const needed = used.reduce((sum, { Size, SharedSize }) => sum + Size - SharedSize, 0)
  const containers = (df.Containers ?? []).map(({ SizeRw, State }) => ({ size: SizeRw ?? 0, used: isAlive(State) }))
  const volumes = (df.Volumes ?? []).map(({ UsageData }) => ({ size: UsageData?.Size ?? 0, used: UsageData?.RefCount !== 0 }))
  // what a cache record shares with an image is counted there
  const cache = (df.BuildCache ?? []).filter(({ Shared }) => !Shared).map(({ Size, InUse }) => ({ size: Size, used: InUse }))
  return {
    images: { count: images.length, size: df.LayersSize, reclaimable: Math.max(0, df.LayersSize - needed) },
    containers: spaceOf(containers),
    volumes: spaceOf(volumes),
    buildCache: spaceOf(cache),
  }
}

/** Its writable layer is in use. */
export function isAlive(state: string): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}

function together(lists: readonly (readonly ImagePiece[])[]): number {
  const sizes = new Map(lists.flat().map(({ key, size }) => [key, size]))
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}
