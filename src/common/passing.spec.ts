import { describe, expect, it } from 'vitest'
import { begun, passing } from './passing.js'

function source(items: readonly number[], error?: Error) {
  const seen = { returned: false }
  async function* run(): AsyncGenerator<number> {
    try {
      yield* items
      if (error) throw error
    } finally {
      seen.returned = true
    }
  }
  return { seen, items: run() }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('what passes', () => {
  it('is looked at, and so is its end', async () => {
    const looks: unknown[] = []
    const { items } = source([1, 2])
    expect(await all(passing(items, { item: (item) => looks.push(item), end: () => looks.push('end') }))).toEqual([1, 2])
    expect(looks).toEqual([1, 2, 'end'])
  })

  it('ends with what a look throws, and lets its source go', async () => {
    const { items, seen } = source([1, 2, 3])
    const found: number[] = []
    const watched = passing(items, {
      item: (item) => {
        if (item === 2) throw new Error('enough')
      },
    })
    await expect(
      (async () => {
        for await (const item of watched) found.push(item)
      })(),
    ).rejects.toThrow('enough')
    expect([found, seen.returned]).toEqual([[1], true])
  })

  it('fails as its source does, and that is looked at', async () => {
    const failures: unknown[] = []
    const error = new Error('gone')
    await expect(all(passing(source([1], error).items, { failed: (failure) => failures.push(failure) }))).rejects.toBe(error)
    expect(failures).toEqual([error])
  })

  it('lets its source go when it is not wanted any more', async () => {
    const { items, seen } = source([1, 2])
    for await (const _ of passing(items, {})) break
    expect(seen.returned).toBe(true)
  })
})

describe('what begins when it is asked', () => {
  it('is made once', async () => {
    let made = 0
    const items = begun(() => Promise.resolve((made++, source([1, 2]).items)))
    expect(made).toBe(0)
    expect(await all(items)).toEqual([1, 2])
    expect(made).toBe(1)
  })

  it('fails as its making does', async () => {
    await expect(all(begun(() => Promise.reject(new Error('no'))))).rejects.toThrow('no')
  })

  it('lets its source go', async () => {
    const { items, seen } = source([1, 2])
    for await (const _ of begun(() => Promise.resolve(items))) break
    expect(seen.returned).toBe(true)
  })
})
