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

const SECOND = 1_000_000_000n
const texts = async (kept: LogReader) => (await kept.next())!.items.map(({ line: { text } }) => text)

describe('a reader who comes back', () => {
  // found by a thousand cuts: the cursor was at the line that the engine repeated when its log rotated
  it('begins with the last line that it has, so that a repeat of it is known as one', async () => {
    const kept = await reader(line('a', 1n), line('b', 2n), line('b', 2n, 2), line('c', 3n))
    expect(replays(kept, { ...LOG_START, stdout: [2n, 1] }, { byTime: false })).toBe(true)
    expect(await texts(kept)).toEqual(['b', 'b', 'c'])
  })

  it('begins at the end where its last line is not kept, and reads the log itself', async () => {
    const kept = await reader(line('b', 2n * SECOND), line('c', 3n * SECOND))
    expect(replays(kept, { ...LOG_START, stdout: [1n, 1] }, { byTime: false })).toBe(false)
    expect(kept.at).toBe(2)
  })
})

describe('a reader of several logs who comes back', () => {
  // found by cuts of a merged stream, once: what came first here is told by its time there
  it('gets what is newer than its last line, and is kept before it', async () => {
    const error = (text: string, time: bigint): FedLine => ({ ...line(text, time), line: { ...line(text, time).line, stream: 'stderr' } })
    const at = (ms: bigint) => 10n * SECOND + ms * 1_000_000n
    const kept = await reader(line('old', SECOND), error('1e', at(3n)), error('2e', at(5n)), line('1o', at(2n)), line('2o', at(4n)))
    expect(replays(kept, { stdout: [at(2n), 1], stderr: [SECOND, 1] }, { byTime: true })).toBe(true)
    expect(await texts(kept)).toEqual(['old', '1e', '2e', '1o', '2o'])
  })

  it('reads the log itself where what is kept begins within a second of its last line', async () => {
    const kept = await reader(line('b', 2n * SECOND), line('c', 2n * SECOND + 1n))
    expect(replays(kept, { ...LOG_START, stdout: [2n * SECOND, 1] }, { byTime: true })).toBe(false)
    expect(kept.at).toBe(2)
  })
})
