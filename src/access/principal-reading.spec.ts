import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Principal } from './principal.js'
import { PrincipalReading } from './principal-reading.js'

function credential(id: string, expiresAt = 0): Principal {
  return { credential: { kind: 'session', id, expiresAt: new Date(expiresAt) } } as Principal
}

describe('a round of looks', () => {
  it('reads each credential once', async () => {
    const read = vi.fn((principal: Principal) => Promise.resolve(principal))
    const reading = new PrincipalReading(read)
    await Promise.all([credential('a'), credential('b'), credential('a'), credential('a', 1)].map((each) => reading.now(each)))
    expect(
      read.mock.calls.map(
        ([
          {
            credential: { id, expiresAt },
          },
        ]) => [id, expiresAt.getTime()],
      ),
    ).toEqual([
      ['a', 0],
      ['b', 0],
      ['a', 1],
    ])
  })

  it('tells nothing that was read before a change', async () => {
    const answers = ['before', 'after']
    const reading = new PrincipalReading(() => Promise.resolve({ username: answers.shift() } as Principal))
    expect((await reading.now(credential('a'))).username).toBe('before')
    reading.forget()
    expect((await reading.now(credential('a'))).username).toBe('after')
  })

  it('fails for all who have the credential', async () => {
    const reading = new PrincipalReading(() => Promise.reject(new Error('ended')))
    await expect(reading.now(credential('a'))).rejects.toThrow('ended')
    await expect(reading.now(credential('a'))).rejects.toThrow('ended')
  })
})

describe('a database that does not answer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is asked once in a round, and again in the next', async () => {
    const read = vi.fn(() => new Promise<Principal>(() => undefined))
    const reading = new PrincipalReading(read)
    const first = reading.now(credential('a')).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await first).toEqual(new Error('no answer within 2000 ms'))
    await expect(reading.now(credential('b'))).rejects.toThrow('no answer')
    expect(read).toHaveBeenCalledTimes(1)
    reading.forget()
    void reading.now(credential('b'))
    expect(read).toHaveBeenCalledTimes(2)
  })
})
