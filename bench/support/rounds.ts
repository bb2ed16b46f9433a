/** Both sides of a comparison in short turns, so that a noisy machine hurts both alike. */
import { medians } from './statistics.js'

export interface Sides<T> {
  readonly engine: () => Promise<T>
  readonly gateway: () => Promise<T>
}

type Numbers<K extends string> = Readonly<Record<K, number>>

/** Engine, gateway, gateway, engine … after one unrecorded turn of each; answers the median of each number. */
export async function compare<K extends string>(
  rounds: number,
  sides: Sides<Numbers<K>>,
): Promise<{ engine: Record<K, number>; gateway: Record<K, number> }> {
  const seen = { engine: [] as Numbers<K>[], gateway: [] as Numbers<K>[] }
  await sides.engine()
  await sides.gateway()
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['engine', 'gateway'] as const) : (['gateway', 'engine'] as const)
    for (const side of order) seen[side].push(await sides[side]())
  }
  return { engine: medians(seen.engine), gateway: medians(seen.gateway) }
}
