import { describe, expect, it } from 'vitest'
import { LOG_START, type LogLine } from '../../engine/index.js'
import { cursorOf, lastRead, nanoseconds, replaced, ResumeCheck } from './logs-cursor.js'

const SECOND = 1_000_000_000n
const line = (stream: 'stdout' | 'stderr', time: bigint, n = 1): LogLine => ({ stream, time, n, bytes: new Uint8Array(0), end: 'line' })

describe('a time', () => {
  it.each([
    ['1970-01-01T00:00:01Z', SECOND],
    ['1970-01-01T00:00:01.5Z', 1_500_000_000n],
    ['1970-01-01T00:00:01.000000001Z', SECOND + 1n],
    ['1970-01-01T01:00:01+01:00', SECOND],
    ['1700000000000000001', 1_700_000_000_000_000_001n],
  ])('%s is read to the nanosecond', (text, expected) => expect(nanoseconds(text)).toBe(expected))

  it.each(['', 'yesterday', '2026-13-01T00:00:00Z', '2026-01-01', '-1', '1e9', '1970-01-01T00:00:00.1234567890Z', '1960-01-01T00:00:00Z'])(
    '%j is none',
    (text) => expect(nanoseconds(text)).toBeNull(),
  )
})

describe('a cursor', () => {
  it('of another container is the start', () => {
    expect(cursorOf({ a: { stdout: ['5', 1] } }, 'b')).toEqual(LOG_START)
    expect(cursorOf({ a: { stdout: ['5', 1] } }, 'toString')).toEqual(LOG_START)
    expect(cursorOf({ a: { stderr: ['5', 2] } }, 'a')).toEqual({ stdout: [0n, 0], stderr: [5n, 2] })
  })
})

describe('the containers that were made anew while a reader was away', () => {
  const place = { stdout: ['5', 1] as const }
  it.each<[string, string[], string[], string[]]>([
    ['none for who has read nothing', [], ['a', 'b'], []],
    ['none where each is still there', ['a', 'b'], ['a', 'b'], []],
    ['none where one has written nothing yet', ['a'], ['a', 'b'], []],
    ['none where the reader has followed from the one to the other', ['a', 'b', 'old'], ['a', 'b'], []],
    ['the one of one name', ['old'], ['a'], ['old']],
    ['one of several', ['old', 'b'], ['a', 'b'], ['old']],
    ['all of several', ['old', 'older'], ['a', 'b'], ['old', 'older']],
  ])('are %s', (_, read, opened, expected) => expect(replaced(Object.fromEntries(read.map((id) => [id, place])), opened)).toEqual(expected))
})

describe('a resume', () => {
  const cursor = { stdout: [10n * SECOND, 2], stderr: [9n * SECOND, 1] } as const
  const look = (...lines: LogLine[]) => {
    const check = new ResumeCheck(cursor)
    return lines.map((each) => check.look(each))
  }

  it('that finds its last line has no gap', () => {
    expect(
      look(line('stderr', 9n * SECOND), line('stdout', 10n * SECOND, 1), line('stdout', 10n * SECOND, 2), line('stdout', 20n * SECOND)),
    ).toEqual([null, null, null, null])
  })

  it('whose last line is gone has one, once', () => {
    const [first, second] = look(line('stdout', 11n * SECOND), line('stdout', 12n * SECOND))
    expect(first).toEqual({ from: '1970-01-01T00:00:10.000000000Z', to: '1970-01-01T00:00:11.000000000Z' })
    expect(second).toBeNull()
  })

  it('whose last line had a later companion has one', () => {
    expect(look(line('stdout', 10n * SECOND, 3))[0]).not.toBeNull()
  })

  it('waits for the order between the streams', () => {
    const before = line('stderr', 9n * SECOND)
    expect(look(before, line('stderr', 10n * SECOND + 5n), line('stdout', 10n * SECOND, 2))).toEqual([null, null, null])
    expect(look(before, line('stderr', 12n * SECOND))[1]).not.toBeNull()
  })

  it('that begins behind its last line has one at once, before anything is told', () => {
    expect(look(line('stderr', 10n * SECOND + 5n))[0]).not.toBeNull()
  })

  it('of a reader who has no line yet has none', () => {
    const none = { stdout: [10n * SECOND, 0], stderr: [10n * SECOND, 0] } as const
    expect(new ResumeCheck(none).look(line('stdout', 12n * SECOND))).toBeNull()
    expect(lastRead(none)).toBe(0n)
    const one = { ...none, stderr: [10n * SECOND, 1] } as const
    expect(new ResumeCheck(one).look(line('stdout', 12n * SECOND))).not.toBeNull()
    expect(lastRead(one)).toBe(10n * SECOND)
  })

  it('from the start has none', () => {
    expect(new ResumeCheck(LOG_START).look(line('stdout', SECOND))).toBeNull()
  })
})
