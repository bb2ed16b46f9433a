import { describe, expect, it } from 'vitest'
import { fingerprintOf } from './request-fingerprint.js'

const asked = {
  method: 'POST',
  url: '/api/v1/containers?start=true&team=a',
  body: { image: 'x', env: ['A=1', 'B=2'], ports: { b: 1, a: 2 } },
}

describe('the fingerprint of a request', () => {
  it.each([
    ['fields of the body in another order', { body: { ports: { a: 2, b: 1 }, env: ['A=1', 'B=2'], image: 'x' } }],
    ['fields of the query in another order', { url: '/api/v1/containers?team=a&start=true' }],
    ['a query that is encoded otherwise', { url: '/api/v1/containers?start=true&team=%61' }],
  ])('is the same for %s', (_, change) => {
    expect(fingerprintOf({ ...asked, ...change })).toBe(fingerprintOf(asked))
  })

  it.each([
    ['method', { method: 'PUT' }],
    ['path', { url: '/api/v1/containers/x?start=true&team=a' }],
    ['query', { url: '/api/v1/containers?start=false&team=a' }],
    ['order of values', { body: { ...asked.body, env: ['B=2', 'A=1'] } }],
    ['value', { body: { ...asked.body, image: 'y' } }],
    ['type of a value', { body: { ...asked.body, image: 1 } }],
    ['body', { body: undefined }],
    ['field, which is null', { body: { ...asked.body, name: null } }],
  ])('is another one for another %s', (_, change) => {
    expect(fingerprintOf({ ...asked, ...change })).not.toBe(fingerprintOf(asked))
  })

  it('takes what is no field of a query for a part of the path', () => {
    expect(fingerprintOf({ method: 'POST', url: '/a?b' })).not.toBe(fingerprintOf({ method: 'POST', url: '/a' }))
    expect(fingerprintOf({ method: 'POST', url: '/a?' })).toBe(fingerprintOf({ method: 'POST', url: '/a' }))
  })
})
