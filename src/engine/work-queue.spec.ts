import { describe, expect, it } from 'vitest'
import { WorkQueue } from './work-queue.js'

const tick = () => new Promise((done) => setTimeout(done, 1))

describe('a queue of work', () => {
  it('does a key once more when it comes again while it runs, and never twice at once', async () => {
    const queue = new WorkQueue(4, () => undefined)
    let running = 0
    let done = 0
    const work = async () => {
      expect(++running).toBe(1)
      await tick()
      running--
      done++
    }
    for (let turn = 0; turn < 10; turn++) queue.add('a', work)
    await queue.whenIdle()
    expect(done).toBe(2)
  })

  it('keeps to its limit and goes on after a failure', async () => {
    const failures: unknown[] = []
    const queue = new WorkQueue(3, (error) => failures.push(error))
    let most = 0
    let running = 0
    for (let key = 0; key < 20; key++) {
      queue.add(String(key), async () => {
        most = Math.max(most, ++running)
        await tick()
        running--
        if (key % 5 === 0) throw new Error('no')
      })
    }
    await queue.whenIdle()
    expect([most, failures.length, running]).toEqual([3, 4, 0])
  })
})
