import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Gateway } from '../support/app.js'
import { gatewayAlone } from '../accounts/support/people.js'
import { head, raw } from './support/raw.js'

const ALWAYS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

let gateway: Gateway
let behind: Gateway
beforeAll(async () => {
  gateway = await gatewayAlone()
  behind = await gatewayAlone({ env: { BERTH_TRUSTED_PROXIES: '127.0.0.1' } })
})
afterAll(async () => {
  await gateway?.stop()
  await behind?.stop()
})

describe('every answer', () => {
  it.each([
    ['an answer', 'GET', '/health/live', 200],
    ['an error', 'GET', '/api/v1/me', 401],
    ['no route', 'GET', '/nowhere', 404],
    ['a route that is no address', 'GET', '/api/v1/users/%zz', 400],
    ['an unknown method', 'TRACE', '/api/v1/me', undefined],
    ['what is no http', 'G E T', '/', 400],
  ])('has its headers: %s', async (_, method, path, status) => {
    const answer = await raw(gateway.url, head(method, path))
    if (status !== undefined) expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject(ALWAYS)
    expect(answer.headers['content-security-policy']).toBe(
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    )
    expect(answer.headers).not.toHaveProperty('server')
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  it('of the reference page lets it load its own, and nobody frame it', async () => {
    const answer = await fetch(`${gateway.url}/docs`)
    expect(answer.status).toBe(200)
    const policy = answer.headers.get('content-security-policy')!
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    const html = await answer.text()
    // nothing inline, or the policy would stop it
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/)
    for (const [, src] of html.matchAll(/<script[^>]*\bsrc="([^"]+)"/g)) expect(src).not.toMatch(/^(https?:)?\/\//)
  })

  it('asks for TLS once it came over TLS, by the word of a trusted proxy alone', async () => {
    const ask = async (at: Gateway, proto: string) =>
      (await fetch(`${at.url}/health/live`, { headers: { 'x-forwarded-proto': proto } })).headers.get('strict-transport-security')
    expect(await ask(behind, 'https')).toBe('max-age=31536000')
    expect(await ask(behind, 'http')).toBeNull()
    expect(await ask(gateway, 'https')).toBeNull()
  })
})
