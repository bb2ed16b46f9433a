import { describe, expect, it } from 'vitest'
import { AppError } from '../common/errors.js'
import { WorkSlots } from './work-slots.js'

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, open: resolve }
}

describe('WorkSlots', () => {
  it('never runs more at once than it has slots, and runs all', async () => {
    const slots = new WorkSlots(2, 20)
    let now = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++now)
      await new Promise((done) => setImmediate(done))
      now--
    }
    await Promise.all(Array.from({ length: 20 }, () => slots.run(work)))
    expect([most, now]).toEqual([2, 0])
  })

  it('refuses with Retry-After whoever finds the queue full, and takes others again later', async () => {
    const slots = new WorkSlots(1, 1)
    const first = gate()
    const running = slots.run(() => first.promise)
    const waiting = slots.run(() => Promise.resolve('waited'))
    const refused: unknown = await slots.run(() => Promise.resolve()).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfter: 1 } })
    first.open()
    await running
    await expect(waiting).resolves.toBe('waited')
    await expect(slots.run(() => Promise.resolve('later'))).resolves.toBe('later')
  })

  it('gives the slot back when the work fails', async () => {
    const slots = new WorkSlots(1, 0)
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(slots.run(() => Promise.resolve('yes'))).resolves.toBe('yes')
  })
})
