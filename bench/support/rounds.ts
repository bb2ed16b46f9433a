/** The sides of a comparison in short turns, so that a noisy machine hurts all of them alike. */
import { medians } from './statistics.js'

type Numbers<K extends string> = Readonly<Record<K, number>>

/** One after another, then backwards, and so on, after one unrecorded turn of each; answers the median of each number. */
export async function compare<K extends string, S extends string = 'engine' | 'gateway'>(
  rounds: number,
  sides: Readonly<Record<S, () => Promise<Numbers<K>>>>,
): Promise<Record<S, Record<K, number>>> {
  const names = Object.keys(sides) as S[]
  const seen = new Map(names.map((name) => [name, [] as Numbers<K>[]]))
  for (const name of names) await sides[name]()
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed()
    for (const name of order) seen.get(name)!.push(await sides[name]())
  }
  return Object.fromEntries(names.map((name) => [name, medians(seen.get(name)!)])) as Record<S, Record<K, number>>
}
