/** The load generator: so many requests at once, bounded in count and in time. It runs in the bench's process, not the gateway's. */
import { performance } from 'node:perf_hooks'
import { percentile } from './statistics.js'

export interface Load {
  readonly connections: number
  readonly count: number
  readonly ms: number
}

/** Times in ms. */
export interface Latencies {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** Runs `work` over and over until the count or the time is used up. */
export async function generate(work: () => Promise<unknown>, { connections, count, ms }: Load): Promise<Latencies> {
  const times: number[] = []
  const start = performance.now()
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0 && performance.now() - start < ms) times.push(await timed(work))
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return { perSecond: times.length / ((performance.now() - start) / 1_000), ...latencies(times) }
}

export function latencies(times: readonly number[]): { p50: number; p99: number } {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
}

/** How long it took, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
