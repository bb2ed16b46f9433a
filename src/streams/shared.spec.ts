import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Ring } from './ring.js'
import { type Audience, CutShort, SharedUpstreams } from './shared.js'

describe('Ring', () => {
  it('keeps the newest and knows their numbers', () => {
    const ring = new Ring<number>({ items: 3 })
    for (let n = 0; n < 500; n++) ring.push(n)
    expect([ring.first, ring.next]).toEqual([497, 500])
    expect(ring.slice(0, 10)).toEqual([497, 498, 499])
    expect(ring.slice(498, 1)).toEqual([498])
    expect(ring.slice(500, 10)).toEqual([])
  })

  it('finds the newest item of a kind that is kept', () => {
    const ring = new Ring<number>({ items: 3 })
    for (let n = 0; n < 500; n++) ring.push(n % 10)
    expect(ring.find((item) => item === 8)).toBe(498)
    expect(ring.find((item) => item === 9)).toBe(499)
    expect(ring.find((item) => item === 6)).toBeNull()
  })

  it('is bounded in bytes, but keeps one item however large', () => {
    const ring = new Ring<string>({ items: 100, bytes: 10, sizeOf: ({ length }) => length })
    for (const text of ['aaaa', 'bbbb', 'cccc']) ring.push(text)
    expect(ring.slice(0, 9)).toEqual(['bbbb', 'cccc'])
    ring.push('x'.repeat(50))
    expect(ring.slice(0, 9)).toEqual(['x'.repeat(50)])
  })
})

/** An upstream that gives what it is told to. */
class Tap {
  opened = 0
  readonly audiences: Audience[] = []
  private readonly waiting: ((turn: IteratorResult<number> | Error) => void)[] = []

  readonly open = async (audience: Audience): Promise<AsyncGenerator<number[]>> => {
    this.opened++
    this.audiences.push(audience)
    const { waiting } = this
    return Promise.resolve(
      (async function* () {
        for (;;) {
          const turn = await new Promise<IteratorResult<number> | Error>((resolve) => {
            waiting.push(resolve)
            audience.signal.addEventListener('abort', () => resolve(new Error('aborted')))
          })
          if (turn instanceof Error) throw turn
          if (turn.done === true) return
          yield [turn.value]
        }
      })(),
    )
  }

  async give(...values: number[]): Promise<void> {
    for (const value of values) {
      await settled()
      this.waiting.shift()!({ done: false, value })
    }
    await settled()
  }

  async end(turn: Error | IteratorResult<number> = { done: true, value: undefined }): Promise<void> {
    await settled()
    this.waiting.shift()!(turn)
    await settled()
  }
}

const settled = () => new Promise((done) => setImmediate(done))
const reader = () => {
  const leaving = new AbortController()
  return { leave: () => leaving.abort(), options: { signal: leaving.signal } }
}

describe('SharedUpstreams', () => {
  const shared = (items = 10, lingerMs = 0) => new SharedUpstreams<number>({ keep: { items }, lingerMs })

  it('opens one upstream for all who come, at the same time too', async () => {
    const [upstreams, tap] = [shared(), new Tap()]
    const readers = await Promise.all([1, 2, 3].map(() => upstreams.join('a', tap.open, reader().options)))
    await tap.give(7)
    for (const each of readers) expect(await each.next()).toEqual({ items: [7], missed: 0 })
    expect([tap.opened, upstreams.size]).toEqual([1, 1])
  })

  it('shows late readers what is kept', async () => {
    const [upstreams, tap] = [shared(2), new Tap()]
    await upstreams.join('a', tap.open, reader().options)
    await tap.give(1, 2, 3)
    const late = await upstreams.join('a', tap.open, reader().options)
    expect(await late.next()).toEqual({ items: [2, 3], missed: 0 })
  })

  it('is not held by a reader that outlives it', async () => {
    const [upstreams, tap, { options }] = [shared(), new Tap(), reader()]
    const joined = await upstreams.join('a', tap.open, options)
    await tap.end()
    expect(await joined.next()).toBeNull()
    expect(getEventListeners(options.signal, 'abort')).toEqual([])
  })

  it('counts what a slow reader missed: taken and missed is all there was', async () => {
    const [upstreams, tap] = [shared(3), new Tap()]
    const slow = await upstreams.join('a', tap.open, reader().options)
    let [taken, missed] = [0, 0]
    for (let round = 0; round < 5; round++) {
      await tap.give(...Array.from({ length: round * 2 + 1 }, (_, n) => n))
      const turn = (await slow.next())!
      taken += turn.items.length
      missed += turn.missed
    }
    expect(taken + missed).toBe(1 + 3 + 5 + 7 + 9)
    expect(taken).toBe(1 + 3 + 3 + 3 + 3)
  })

  it('waits for the fastest reader where it is told to, and ends when that takes too long', async () => {
    const [upstreams, tap] = [new SharedUpstreams<number>({ keep: { items: 2 }, lingerMs: 0, patienceMs: 50 }), new Tap()]
    const fast = await upstreams.join('a', tap.open, reader().options)
    const slow = await upstreams.join('a', tap.open, reader().options)
    await tap.give(1, 2)
    await tap.give(3)
    expect(await fast.next()).toEqual({ items: [1, 2], missed: 0 })
    await settled()
    expect(await fast.next()).toEqual({ items: [3], missed: 0 })
    expect(await slow.next()).toEqual({ items: [2, 3], missed: 1 })
    await tap.give(4, 5)
    await tap.give(6)
    await new Promise((done) => setTimeout(done, 100))
    expect(await fast.next()).toEqual({ items: [4, 5], missed: 0 })
    // not as if that had been all
    await expect(fast.next()).rejects.toThrow(CutShort)
    expect(upstreams.size).toBe(0)
  })

  it('closes the upstream when the last has gone, and not before', async () => {
    const [upstreams, tap] = [shared(), new Tap()]
    const [one, two] = [reader(), reader()]
    await upstreams.join('a', tap.open, one.options)
    const other = await upstreams.join('a', tap.open, two.options)
    one.leave()
    await new Promise((done) => setTimeout(done, 20))
    await tap.give(1)
    expect(await other.next()).toEqual({ items: [1], missed: 0 })
    const waiting = other.next()
    two.leave()
    expect(await waiting).toBeNull()
    await new Promise((done) => setTimeout(done, 20))
    expect([tap.audiences[0]!.signal.aborted, upstreams.size]).toEqual([true, 0])
  })

  it('is taken over within the linger time', async () => {
    const [upstreams, tap] = [shared(10, 60_000), new Tap()]
    const first = reader()
    await upstreams.join('a', tap.open, first.options)
    first.leave()
    await tap.give(5)
    const second = await upstreams.join('a', tap.open, reader().options)
    expect(await second.next()).toEqual({ items: [5], missed: 0 })
    expect(tap.opened).toBe(1)
  })

  it('ends for all, after what was there; the next one opens anew', async () => {
    const [upstreams, tap] = [shared(), new Tap()]
    const one = await upstreams.join('a', tap.open, reader().options)
    await tap.give(1)
    await tap.end()
    expect(await one.next()).toEqual({ items: [1], missed: 0 })
    expect(await one.next()).toBeNull()
    await upstreams.join('a', tap.open, reader().options)
    expect(tap.opened).toBe(2)
  })

  it('fails for all', async () => {
    const [upstreams, tap] = [shared(), new Tap()]
    const both = await Promise.all([1, 2].map(() => upstreams.join('a', tap.open, reader().options)))
    await tap.end(new Error('broken'))
    for (const each of both) await expect(each.next()).rejects.toThrow('broken')
  })

  it('says why it could not be opened, and tries again for the next', async () => {
    const [upstreams, tap] = [shared(), new Tap()]
    const fail = () => Promise.reject(new Error('no'))
    await expect(upstreams.join('a', fail, reader().options)).rejects.toThrow('no')
    await upstreams.join('a', tap.open, reader().options)
    expect(tap.opened).toBe(1)
  })

  it('keeps the pace of the fastest reader, and waits while there is none', async () => {
    const [upstreams, tap] = [shared(10, 60_000), new Tap()]
    const [slow, fast] = [reader(), reader()]
    await upstreams.join('a', tap.open, { ...slow.options, everyMs: 60_000 })
    let turns = 0
    const { pace } = { pace: () => tap.audiences[0]!.pace() }
    const next = pace().then(() => turns++)
    await settled()
    expect(turns).toBe(0)
    await upstreams.join('a', tap.open, { ...fast.options, everyMs: 5 })
    await next
    expect(turns).toBe(1)
    fast.leave()
    slow.leave()
    void pace().then(() => turns++)
    await new Promise((done) => setTimeout(done, 30))
    expect(turns).toBe(1)
    await upstreams.join('a', tap.open, { ...reader().options, everyMs: 5 })
    await new Promise((done) => setTimeout(done, 30))
    expect(turns).toBe(2)
  })
})
