import { describe, expect, it } from 'vitest'
import { addressKey } from '../common/address.js'
import { type Attempt, LIMITS, LoginThrottle } from './login-throttle.js'

const wrong = () => Promise.resolve(false)
const right = () => Promise.resolve(true)
const ann = (address: string, known = false): Attempt => ({ account: 'ann', address, known })

async function fail(throttle: LoginThrottle, times: number, who: (n: number) => Attempt): Promise<void> {
  for (let n = 0; n < times; n++) await throttle.attempt(who(n), wrong).catch(() => undefined)
}

const throttled = { code: 'LOGIN_THROTTLED', details: { retryAfter: expect.any(Number) } }

describe('LoginThrottle', () => {
  it('refuses the attempt after the last allowed failure, also with the right password', async () => {
    const throttle = new LoginThrottle()
    await fail(throttle, LIMITS.pair - 1, () => ann('192.0.2.1'))
    await expect(throttle.attempt(ann('192.0.2.1'), wrong)).resolves.toBe(false)
    await expect(throttle.attempt(ann('192.0.2.1'), right)).rejects.toMatchObject(throttled)
    await expect(throttle.assertOpen(ann('192.0.2.1'))).rejects.toMatchObject(throttled)
  })

  it('says in whole seconds when to come again', async () => {
    const throttle = new LoginThrottle()
    await fail(throttle, LIMITS.pair, () => ann('192.0.2.1'))
    const error = await throttle.assertOpen(ann('192.0.2.1')).catch((e: { details: { retryAfter: number } }) => e)
    expect(error?.details.retryAfter).toSatisfy((s: number) => Number.isInteger(s) && s >= 1 && s <= 900)
  })

  it('lets no more parallel attempts through than are left', async () => {
    const throttle = new LoginThrottle()
    let heard = 0
    const slow = async () => {
      heard++
      await new Promise((done) => setImmediate(done))
      return false
    }
    await Promise.allSettled(Array.from({ length: 50 }, () => throttle.attempt(ann('192.0.2.1'), slow)))
    expect(heard).toBe(LIMITS.pair)
  })

  it('forgets the failures of a pair that then logs in, and counts no success', async () => {
    const throttle = new LoginThrottle()
    for (let round = 0; round < 3; round++) {
      await fail(throttle, LIMITS.pair - 1, () => ann('192.0.2.1', true))
      await expect(throttle.attempt(ann('192.0.2.1', true), right)).resolves.toBe(true)
    }
    for (let n = 0; n < LIMITS.address * 2; n++) await throttle.attempt({ account: `u${n}`, address: '192.0.2.9', known: false }, right)
  })

  it('counts nothing when the check itself breaks', async () => {
    const throttle = new LoginThrottle()
    const broken = () => Promise.reject(new Error('disk'))
    for (let n = 0; n < LIMITS.pair * 2; n++) await expect(throttle.attempt(ann('192.0.2.1'), broken)).rejects.toThrow('disk')
    await expect(throttle.attempt(ann('192.0.2.1'), right)).resolves.toBe(true)
  })

  it('stops one address that tries many accounts', async () => {
    const throttle = new LoginThrottle()
    await fail(throttle, LIMITS.address, (n) => ({ account: `user${n}`, address: '192.0.2.1', known: false }))
    await expect(throttle.attempt({ account: 'one-more', address: '192.0.2.1', known: false }, right)).rejects.toMatchObject(throttled)
    await expect(throttle.attempt({ account: 'one-more', address: '192.0.2.2', known: false }, right)).resolves.toBe(true)
  })

  it('stops many addresses that try one account, but not its owner where they have been before', async () => {
    const throttle = new LoginThrottle()
    await fail(throttle, LIMITS.account, (n) => ann(`198.51.100.${n}`))
    await expect(throttle.attempt(ann('203.0.113.1'), right)).rejects.toMatchObject(throttled)
    await expect(throttle.attempt(ann('203.0.113.2', true), right)).resolves.toBe(true)
  })

  it('does not let refused attempts of one address use up the account for the others', async () => {
    const throttle = new LoginThrottle()
    await fail(throttle, LIMITS.account * 2, () => ann('198.51.100.1'))
    await expect(throttle.attempt(ann('203.0.113.1'), right)).resolves.toBe(true)
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('knows %s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})
