import { describe, expect, it } from 'vitest'
import { statOf } from './file-stat.js'

describe('the stat of a file', () => {
  // what 20.10 sent for these
  it.each([
    [420, { type: 'file', mode: 0o644 }],
    [2147484141, { type: 'directory', mode: 0o755 }],
    [2148532735, { type: 'directory', mode: 0o1777 }],
    [134218239, { type: 'symlink', mode: 0o777 }],
    [8389101, { type: 'file', mode: 0o4755 }],
    [69206454, { type: 'device', mode: 0o666 }],
  ])('reads the mode %d', (mode, expected) => {
    expect(statOf({ name: 'x', size: 3, mode, mtime: '2026-01-01T00:00:00Z' })).toEqual({
      name: 'x',
      size: 3,
      modified: new Date('2026-01-01T00:00:00Z'),
      target: '',
      ...expected,
    })
  })
})
