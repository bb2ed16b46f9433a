import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/app.js'

let open: Gateway
let closed: Gateway

beforeAll(async () => {
  open = await startGateway({ env: { BERTH_ALLOWED_ORIGINS: 'https://console.example.org,http://localhost:5173' } })
  closed = await startGateway()
})

afterAll(async () => {
  await open?.stop()
  await closed?.stop()
})

async function allowed(gateway: Gateway, origin: string, method = 'GET'): Promise<string | null> {
  const preflight =
    method === 'OPTIONS' ? { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' } : {}
  const answer = await fetch(`${gateway.url}/health/live`, { method, headers: { origin, ...preflight } })
  return answer.headers.get('access-control-allow-origin')
}

describe.each(['GET', 'OPTIONS'])('%s of a browser page', (method) => {
  it.each(['https://console.example.org', 'http://localhost:5173'])('from %s, which is listed, may read the answer', async (origin) => {
    expect(await allowed(open, origin, method)).toBe(origin)
  })

  it.each([
    'https://evil.example',
    'https://console.example.org.evil.example',
    'https://evil.example/https://console.example.org',
    'http://console.example.org',
    'https://console.example.org:444',
    'null',
    '*',
  ])('from %s may not', async (origin) => {
    expect(await allowed(open, origin, method)).toBeNull()
  })

  it('from anywhere may not, where no origin is listed', async () => {
    expect(await allowed(closed, 'https://console.example.org', method)).toBeNull()
    expect(await allowed(closed, closed.url, method)).toBeNull()
  })
})

it('lets a listed page send a token with a write', async () => {
  const answer = await fetch(`${open.url}/api/v1/containers/x`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://console.example.org',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
  expect(answer.status).toBe(204)
  expect(answer.headers.get('access-control-allow-methods')).toContain('DELETE')
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
})
