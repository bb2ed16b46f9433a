import { describe, expect, it } from 'vitest'
import { waitOf } from './starts-job.js'

describe('waitOf', () => {
  it.each([
    [undefined, 0],
    ['', 0],
    ['wait=10', 10],
    ['respond-async, wait=10', 10],
    ['wait = "7"; foo', 7],
    [['respond-async', 'wait=3'], 3],
    ['wait=600', 60],
    ['wait=-1', 0],
    ['wait=1e3', 0],
    ['await=10', 0],
    ['wait=99999999999', 0],
  ])('reads %j as %d s', (header, seconds) => {
    expect(waitOf(header)).toBe(seconds)
  })
})
