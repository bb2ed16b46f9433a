import { describe, expect, it } from 'vitest'
import { nanoseconds, rfc3339 } from './log-time.js'

describe('nanoseconds', () => {
  it.each([
    ['0', 0n],
    ['1700000000', 1_700_000_000_000_000_000n],
    ['1700000000.000000001', 1_700_000_000_000_000_001n],
    ['2023-11-14T22:13:20Z', 1_700_000_000_000_000_000n],
    ['2023-11-14T22:13:20.123456789Z', 1_700_000_000_123_456_789n],
    ['2023-11-14T23:13:20.5+01:00', 1_700_000_000_500_000_000n],
  ])('%s', (text, expected) => {
    expect(nanoseconds(text)).toBe(expected)
  })

  it.each(['2023-02-31T99:00:00Z', '2023-13-01T00:00:00Z'])('answers nothing for %j', (text) => {
    expect(nanoseconds(text)).toBeUndefined()
  })
})

describe('rfc3339', () => {
  it('keeps all nine digits, and comes back as it was', () => {
    expect(rfc3339(1_700_000_000_000_000_001n)).toBe('2023-11-14T22:13:20.000000001Z')
    expect(nanoseconds(rfc3339(1_700_000_000_123_456_789n))).toBe(1_700_000_000_123_456_789n)
  })
})
