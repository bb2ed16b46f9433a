import { describe, expect, it } from 'vitest'
import { LogFilter } from './logs-filter.js'
import { type Line, LogRecords, Repeats } from './logs-records.js'

const line = (more: Partial<Line> = {}): Line => ({ stream: 'stdout', time: 5n, n: 1, end: 'line', text: 'a', ...more })

describe('Repeats', () => {
  it.each<[string, Line[], boolean]>([
    ['the same line again', [line(), line({ n: 2 })], true],
    ['another text at the same time', [line(), line({ n: 2, text: 'b' })], false],
    ['the same text at another time', [line(), line({ time: 6n })], false],
    ['the same text on the other stream', [line(), line({ stream: 'stderr', n: 2 })], false],
    ['the parts of a long line, which are alike', [line({ end: 'part' }), line({ n: 2, end: 'part' })], false],
    ['bytes again', [line({ text: Buffer.from([255]) }), line({ n: 2, text: Buffer.from([255]) })], true],
    ['a first line', [line({ n: 2 })], false],
  ])('knows %s', (_, lines, wanted) => {
    const repeats = new Repeats()
    expect(lines.map((each) => repeats.isRepeat(each)).at(-1)).toBe(wanted)
  })
})

describe('LogRecords', () => {
  it('makes records, and tells how many lines were not wanted and where it is', () => {
    const records = new LogRecords(new LogFilter({ search: 'keep' }))
    const source = { id: 'c', name: 'web' }
    expect(records.of(source, line({ text: 'keep me' }))).toMatchObject({ type: 'log', container: 'c', name: 'web', text: 'keep me', n: 1 })
    expect(records.of(source, line({ time: 7n, text: 'not me' }))).toBeNull()
    const cursor = { stdout: [7n, 1], stderr: [0n, 0] } as const
    expect(records.tell(source, cursor)).toEqual({
      type: 'skipped',
      container: 'c',
      name: 'web',
      count: 1,
      cursor: { stdout: ['1970-01-01T00:00:00.000000007Z', 1] },
    })
    expect(records.tell(source, cursor)).toBeNull()
  })

  it('counts every line once: with the next record of its output, or by itself', () => {
    const records = new LogRecords(new LogFilter({ search: 'keep' }))
    const source = { id: 'c', name: 'web' }
    const cursor = { stdout: [9n, 1], stderr: [9n, 1] } as const
    for (const stream of ['stdout', 'stderr', 'stdout'] as const) expect(records.of(source, line({ stream, text: 'not me' }))).toBeNull()
    expect(records.of(source, line({ time: 6n, text: 'keep' }))).toMatchObject({ skipped: 2 })
    expect(records.of(source, line({ time: 7n, text: 'keep' }))).not.toHaveProperty('skipped')
    expect(records.tell(source, cursor)).toMatchObject({ count: 1 })
    expect(records.of(source, line({ time: 8n, text: 'not me' }))).toBeNull()
    // not yet
    expect(records.tell(source, cursor)).toBeNull()
    expect(records.tell(source, cursor, true)).toMatchObject({ count: 1 })
    expect(records.tell(source, cursor, true)).toBeNull()
  })
})
