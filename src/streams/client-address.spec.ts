import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clientAddress, trustedProxies } from './client-address.js'

const from = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage
const trusted = trustedProxies(['10.0.0.0/8', '127.0.0.1', 'fd00::/8'])

describe('the address of a client', () => {
  it.each([
    ['198.51.100.7', undefined, '198.51.100.7'],
    ['198.51.100.7', '203.0.113.1', '198.51.100.7'],
    ['127.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['::ffff:127.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['127.0.0.1', '192.0.2.99, 203.0.113.1', '203.0.113.1'],
    ['127.0.0.1', '192.0.2.99, 203.0.113.1, 10.1.2.3', '203.0.113.1'],
    ['fd00::1', '2001:db8::5', '2001:db8::5'],
    ['127.0.0.1', 'nonsense', '127.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
  ])('from %s with X-Forwarded-For %j is %s', (remote, forwarded, expected) => {
    expect(clientAddress(from(remote, forwarded), trusted)).toBe(expected)
  })

  it('is never taken from the header when no proxy is trusted', () => {
    expect(clientAddress(from('127.0.0.1', '203.0.113.1'), trustedProxies([]))).toBe('127.0.0.1')
  })
})
