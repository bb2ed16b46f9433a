import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../engine/index.js'
import { containerChanged } from './logs-waiting.js'

describe('waiting for a change', () => {
  it('leaves nothing at the signal of a stream that goes on', async () => {
    let listening = 0
    const on = () => {
      listening += 1
      return () => void (listening -= 1)
    }
    const engine = { inventory: { changes: { on } } } as unknown as Engine
    const { signal } = new AbortController()
    for (let n = 0; n < 5; n++) await containerChanged(engine, 'a', signal, 1)
    expect([listening, getEventListeners(signal, 'abort')]).toEqual([0, []])
  })
})
