import { describe, expect, it } from 'vitest'
import { Passwords } from './passwords.js'

const passwords = new Passwords()

/** RFC 9106 has no vector without secret and associated data; this one is of the reference implementation's test.c. */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

describe('Passwords', () => {
  it('verifies what it hashed, and nothing else', async () => {
    const stored = await passwords.hash('correct horse battery')
    await expect(passwords.verify('correct horse battery', stored)).resolves.toBe(true)
    await expect(passwords.verify('correct horse batterz', stored)).resolves.toBe(false)
    await expect(passwords.verify('', stored)).resolves.toBe(false)
  })

  it('verifies a hash of the reference implementation, with the parameters that stand in it', async () => {
    await expect(passwords.verify('password', REFERENCE)).resolves.toBe(true)
    await expect(passwords.verify('differentpassword', REFERENCE)).resolves.toBe(false)
  })

  it('salts: the same password twice gives two hashes', async () => {
    const [a, b] = await Promise.all([passwords.hash('correct horse battery'), passwords.hash('correct horse battery')])
    expect(a).not.toBe(b)
    expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it('takes composed and decomposed letters for the same', async () => {
    const stored = await passwords.hash('caf\u00e9 au lait noir')
    await expect(passwords.verify('cafe\u0301 au lait noir', stored)).resolves.toBe(true)
  })

  it.each([
    '',
    'x',
    '$argon2id$',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    REFERENCE.slice(0, -30),
  ])('is false for the stored %j', async (stored) => {
    await expect(passwords.verify('password', stored)).resolves.toBe(false)
  })

  it('does the work of a check for users who do not exist', async () => {
    let checked = 0
    const result = await passwords.verify('password', null, async (check) => {
      checked++
      return check()
    })
    expect([result, checked]).toEqual([false, 1])
  })

  it.each([
    ['eleven char', 'ann', /12 to 256/],
    ['x'.repeat(257), 'ann', /12 to 256/],
    ['Ann-Of-Green-Gables', 'ann-of-green-gables', /user name/],
  ])('does not allow %j for %s', (password, username, detail) => {
    expect(() => passwords.assertAllowed(password, username)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: expect.objectContaining({ errors: [{ pointer: '/password', detail: expect.stringMatching(detail) }] }),
      }),
    )
  })

  it('allows 12 and 256 characters', () => {
    expect(() => [passwords.assertAllowed('twelve chars', 'ann'), passwords.assertAllowed('x'.repeat(256), 'ann')]).not.toThrow()
  })
})
