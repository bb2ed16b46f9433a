import { describe, expect, it } from 'vitest'
import { replyJson } from './reply-json.js'

const text = (payload: unknown) => replyJson(payload).toString()

describe('an answer as JSON', () => {
  it.each([
    [
      'a page of frozen items',
      { items: [Object.freeze({ name: 'ä"\u2028' }), Object.freeze({ name: 'b' })], nextCursor: null, stale: false },
    ],
    ['a page of nothing else', { items: [Object.freeze({ name: 'a' })] }],
    ['an empty page', { items: [], nextCursor: null }],
    ['items that may change', { items: [{ name: 'a' }], nextCursor: 'x' }],
    ['items that are no objects', { items: ['a', null, 1] }],
    ['items of which one is none', { items: [Object.freeze({ name: 'a' }), null] }],
    ['no page', { name: 'a', items: null }],
    ['a list', [1, 2]],
    ['null', null],
  ])('%s is what JSON.stringify says', (_, payload) => {
    expect(text(payload)).toBe(JSON.stringify(payload))
    // the second time from what was kept
    expect(text(payload)).toBe(JSON.stringify(payload))
  })

  it('is of the list as it is now, also where one that began alike was kept', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => Object.freeze({ name })) as [object, object, object]
    for (const payload of [
      { items: [a, b], nextCursor: null },
      { items: [a, b], nextCursor: 'x' },
      { items: [a, c], nextCursor: 'x' },
      { items: [a], nextCursor: 'x' },
      { items: [a, b], nextCursor: null },
    ])
      expect(text(payload)).toBe(JSON.stringify(payload))
  })

  it('keeps nothing of what may change', () => {
    const state = { status: 'running' }
    const item = Object.freeze({ state })
    expect(text({ items: [item] })).toContain('running')
    state.status = 'exited'
    expect(text({ items: [item] })).toContain('exited')
  })
})
