import { describe, expect, it } from 'vitest'
import { Batch } from './batch.js'

/** How many of the frames one event takes. */
function taken(frame: object, most = 1_000): number {
  const batch = new Batch()
  let count = 0
  while (count < most && batch.add(frame)) count++
  expect(batch.take().frames).toHaveLength(count)
  return count
}

describe('Batch', () => {
  it.each([
    ['small records', { text: 'x' }, 100],
    ['records of 10 KB', { text: 'x'.repeat(10_000) }, 6],
    ['binary records, of which socket.io takes ten', { data: Buffer.from('x') }, 10],
    ['records with two binary parts', { a: Buffer.from('x'), b: { c: Buffer.from('y') } }, 5],
    ['records that are larger than an event', { text: 'x'.repeat(100_000) }, 1],
  ])('takes %s', (_, frame, count) => {
    expect(taken(frame)).toBe(count)
  })

  it('says what it weighs, and begins anew', () => {
    const batch = new Batch()
    batch.add({ text: 'grün', n: 1 })
    batch.add({ data: Buffer.alloc(10) })
    expect(batch.take()).toMatchObject({ bytes: 32 + 5 + 32 + 10 })
    expect([batch.isEmpty, batch.take().bytes]).toEqual([true, 0])
  })
})
