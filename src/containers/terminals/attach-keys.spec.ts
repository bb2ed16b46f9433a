import { describe, expect, it } from 'vitest'
import { DEFAULT_KEYS, DetachKeys, keyBytes } from './attach-keys.js'

describe('keyBytes', () => {
  it.each([
    ['ctrl-p,ctrl-q', [16, 17]],
    ['ctrl-P', [16]],
    ['a', [97]],
    ['ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', [0, 27, 28, 29, 30, 31]],
    ['x,ctrl-x,~', [120, 24, 126]],
  ])('reads %s', (text, bytes) => {
    expect([...keyBytes(text)!]).toEqual(bytes)
  })

  it.each(['', 'ctrl-', 'ctrl-pp', 'ctrl-p,', ',', 'ab', 'alt-x', 'ctrl-1', 'é', Array(17).fill('a').join(',')])('refuses %j', (text) => {
    expect(keyBytes(text)).toBeNull()
  })
})

describe('DetachKeys', () => {
  const feed = (keys: string, ...inputs: string[]) => {
    const detach = new DetachKeys(keyBytes(keys)!)
    let pass = ''
    for (const input of inputs) {
      const taken = detach.take(Buffer.from(input, 'latin1'))
      pass += Buffer.from(taken.pass).toString('latin1')
      if (taken.detached) return { pass, detached: true }
    }
    return { pass, detached: false }
  }

  it.each([
    ['keys in one piece', ['ls\x10\x11rest'], 'ls', true],
    ['keys in two pieces', ['ls\x10', '\x11'], 'ls', true],
    ['a beginning that goes on otherwise', ['\x10', 'x'], '\x10x', false],
    ['a beginning twice', ['\x10\x10\x11'], '\x10', true],
    ['only the second key', ['\x11'], '\x11', false],
    ['nothing', [''], '', false],
  ])('takes %s', (_, inputs, pass, detached) => {
    expect(feed(DEFAULT_KEYS, ...inputs)).toEqual({ pass, detached })
  })

  it('holds a beginning back until it knows', () => {
    expect(feed(DEFAULT_KEYS, 'a\x10')).toEqual({ pass: 'a', detached: false })
  })

  it('finds keys that begin within a false beginning', () => {
    expect(feed('a,a,b', 'aaab')).toEqual({ pass: 'a', detached: true })
    expect(feed('a,b,a,c', 'ababac')).toEqual({ pass: 'ab', detached: true })
  })

  it('passes on everything that is no keys, whatever the pieces', () => {
    const text = Array.from({ length: 3_000 }, (_, i) => 'ab'[(i * 7 + (i >> 3)) % 2]).join('')
    const pieces = text.match(/.{1,7}/g)!
    expect(feed('a,b,b,b,b,a,a,a,c', ...pieces, 'z')).toEqual({ pass: `${text}z`, detached: false })
  })
})
