import { describe, expect, it } from 'vitest'
import type { JobStep } from './dto/job.response.js'
import { JobFeed } from './job-feed.js'

async function read(feed: JobFeed): Promise<JobStep[]> {
  const steps: JobStep[] = []
  for await (const step of feed) steps.push(step)
  return steps
}

describe('JobFeed', () => {
  it('keeps only the latest of each step for a reader that was away', async () => {
    const feed = new JobFeed(undefined)
    for (let current = 0; current < 1_000; current++) feed.push({ id: 'a', status: 'downloading', current })
    feed.push({ id: 'b', status: 'done' })
    feed.end()
    expect(await read(feed)).toEqual([
      { id: 'a', status: 'downloading', current: 999 },
      { id: 'b', status: 'done' },
    ])
  })

  it('wakes a reader that waits', async () => {
    const feed = new JobFeed(undefined)
    const reading = read(feed)
    await new Promise(setImmediate)
    feed.push({ id: 'a', status: 'waiting' })
    await new Promise(setImmediate)
    feed.push({ id: 'a', status: 'done' })
    feed.end()
    expect(await reading).toEqual([
      { id: 'a', status: 'waiting' },
      { id: 'a', status: 'done' },
    ])
  })

  it.each(['before', 'after'])('ends when the signal is aborted %s it is read', async (when) => {
    const abort = new AbortController()
    if (when === 'before') abort.abort()
    const reading = read(new JobFeed(abort.signal))
    abort.abort()
    expect(await reading).toEqual([])
  })
})
