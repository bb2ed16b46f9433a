import { describe, expect, it } from 'vitest'
import { Window } from './window.js'

describe('a window', () => {
  it('is open while there is credit, and again when some was given back', async () => {
    const window = new Window(10, () => false)
    window.take(12)
    let passed = false
    const waiting = window.opened().then(() => (passed = true))
    window.give(2)
    await Promise.resolve()
    expect(passed).toBe(false)
    window.give(1)
    await waiting
    expect(window.isOpen).toBe(true)
  })

  it('waits while its connection is congested', async () => {
    let congested = true
    const window = new Window(10, () => congested)
    expect(window.isOpen).toBe(false)
    const waiting = window.opened()
    congested = false
    window.look()
    await waiting
  })

  it('lets everybody go when it is closed', async () => {
    const window = new Window(0, () => false)
    const waiting = Promise.all([window.opened(), window.opened()])
    window.close()
    await waiting
    expect(window.isOpen).toBe(false)
  })

  it('never holds more than its limit, whatever a client gives', () => {
    const window = new Window(0, () => false)
    for (let i = 0; i < 1_000; i++) window.give(2 ** 31)
    window.take(16 * 1_048_576)
    expect(window.isOpen).toBe(false)
  })
})
