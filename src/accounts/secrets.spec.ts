import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newRefreshToken, randomSecret, sameHash, sessionOfRefreshToken, sha256 } from './secrets.js'

const key = randomBytes(32)

describe('refresh tokens', () => {
  it('tell their session to who has the key, each one anew', () => {
    const session = randomUUID()
    const [a, b] = [newRefreshToken(session, key), newRefreshToken(session, key)]
    expect(a).not.toBe(b)
    expect([sessionOfRefreshToken(a, key), sessionOfRefreshToken(b, key)]).toEqual([session, session])
  })

  it('are nothing under another key, changed, cut or made up', () => {
    const token = newRefreshToken(randomUUID(), key)
    const flipped = token.slice(0, 20) + (token[20] === 'A' ? 'B' : 'A') + token.slice(21)
    const made = [
      flipped,
      token.slice(0, -4),
      `${token}AAAA`,
      token.replace('berth_ref_', ''),
      '',
      'berth_ref_',
      'berth_ref_\0',
      'berth_pat_x',
    ]
    expect(made.map((text) => sessionOfRefreshToken(text, key))).toEqual(made.map(() => null))
    expect(sessionOfRefreshToken(token, randomBytes(32))).toBeNull()
  })
})

describe('secrets', () => {
  it('have 256 bits', () => {
    expect(randomSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('compare by hash, whatever their lengths', () => {
    expect([sameHash(sha256('a'), sha256('a')), sameHash(sha256('a'), sha256('b')), sameHash('short', sha256('a'))]).toEqual([
      true,
      false,
      false,
    ])
  })
})
