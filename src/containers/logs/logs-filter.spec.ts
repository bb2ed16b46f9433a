import { describe, expect, it } from 'vitest'
import { LogFilter } from './logs-filter.js'

describe('LogFilter', () => {
  it.each([
    [{}, 'anything', {}],
    [{ search: 'ERR' }, 'an error', {}],
    [{ search: 'err' }, 'nothing', null],
    [{ regex: 'took=\\d{3,}ms' }, 'x took=1234ms', {}],
    [{ regex: 'took=\\d{3,}ms' }, 'x took=12ms', null],
    [{ regex: '(?i)error$' }, 'ERROR', {}],
    [{ search: 'a', regex: 'b' }, 'ab', {}],
    [{ search: 'a', regex: 'b' }, 'a', null],
    [{ level: 'warn' as const }, 'level=error x', { level: 'error' }],
    [{ level: 'warn' as const }, 'level=info x', null],
    [{ level: 'warn' as const }, 'says nothing', null],
    [{ parse: true }, '{"level":"info"}', { json: true, level: 'info' }],
    [{ parse: true }, 'says nothing', {}],
  ])('%j takes %s', (search, text, wanted) => {
    expect(new LogFilter(search).take(text)).toEqual(wanted)
  })

  it.each(['(', '(?=x)', '(a)\\1', '[z-a]'])('refuses %s', (regex) => {
    expect(() => new LogFilter({ regex })).toThrow('not valid')
  })

  it('takes time in proportion to the line, whatever the expression', () => {
    const start = performance.now()
    // takes a backtracking engine longer than the universe has existed
    expect(new LogFilter({ regex: '(a|aa)+$' }).take(`${'a'.repeat(10_000)}b`)).toBeNull()
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
