import { describe, expect, it } from 'vitest'
import { LOG_START } from '../../engine/index.js'
import { SharedUpstreams } from '../../streams/source.js'
import { type FedLine, type LogReader, replays } from './logs-feed.js'

const line = (text: string, time: bigint, n = 1): FedLine => ({
  line: { stream: 'stdout', time, n, end: 'line', text },
  at: 0,
  uncertain: false,
})

/** A reader of a follower that has given these lines. */
async function reader(...lines: FedLine[]): Promise<LogReader> {
  const upstreams = new SharedUpstreams<FedLine>({ keep: { items: 10 }, lingerMs: 1_000 })
  async function* source(): AsyncGenerator<FedLine[]> {
    yield lines
    await new Promise(() => undefined)
  }
  const { signal } = new AbortController()
  const first = await upstreams.join('log', async () => source(), { signal })
  await first.next()
  return upstreams.join('log', async () => source(), { signal })
}

describe('a reader who comes back', () => {
  // found by a thousand cuts: the cursor was at the line that the engine repeated when its log rotated
  it('begins with the last line that it has, so that a repeat of it is known as one', async () => {
    const kept = await reader(line('a', 1n), line('b', 2n), line('b', 2n, 2), line('c', 3n))
    expect(replays(kept, { ...LOG_START, stdout: [2n, 1] })).toBe(true)
    expect((await kept.next())!.items.map(({ line: { text } }) => text)).toEqual(['b', 'b', 'c'])
  })

  it('begins at the end where its last line is not kept, and reads the log itself', async () => {
    const kept = await reader(line('b', 2n), line('c', 3n))
    expect(replays(kept, { ...LOG_START, stdout: [1n, 1] })).toBe(false)
    expect(kept.at).toBe(2)
  })
})
