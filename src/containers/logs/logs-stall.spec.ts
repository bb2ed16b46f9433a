import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { untilStalled } from './logs-stall.js'

const TIMES = { firstMs: 10, idleMs: 20, graceMs: 10 }

/** Gives its items, then stays silent until it is returned. */
function silentAfter(items: readonly number[]) {
  const state = { returned: false }
  const source: AsyncGenerator<number> = Object.assign(
    (async function* () {
      yield* items
      while (!state.returned) await delay(1)
    })(),
    { return: (value: unknown) => Promise.resolve({ done: true as const, value: ((state.returned = true), value) }) },
  )
  return { source, state }
}

describe('a follower', () => {
  it('that is silent although there is more is ended and freed', async () => {
    const { source, state } = silentAfter([1, 2])
    const got: number[] = []
    for await (const item of untilStalled(source, () => Promise.resolve(true), TIMES)) got.push(item)
    expect(got).toEqual([1, 2])
    expect(state.returned).toBe(true)
  })

  it('that is silent because there is nothing goes on', async () => {
    const looks: number[] = []
    async function* slow() {
      yield 1
      while (looks.length < 3) await delay(5)
      yield 2
    }
    const got: number[] = []
    const nothing = () => (looks.push(1), Promise.resolve(false))
    for await (const item of untilStalled(slow(), nothing, TIMES)) got.push(item)
    expect(got).toEqual([1, 2])
  })

  it('is not looked after while its reader rests', async () => {
    let looks = 0
    async function* quick() {
      yield 1
      yield 2
    }
    for await (const _ of untilStalled(quick(), () => ((looks += 1), Promise.resolve(true)), TIMES)) await delay(40)
    expect(looks).toBe(0)
  })

  it('that fails, fails', async () => {
    async function* broken() {
      yield 1
      throw new Error('broken')
    }
    const reading = async () => {
      for await (const _ of untilStalled(broken(), () => Promise.resolve(false), TIMES)) void _
    }
    await expect(reading()).rejects.toThrow('broken')
  })
})
