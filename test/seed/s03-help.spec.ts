/**
 * S03. The course: `docker --help`, `docker run --help`. Through the gateway: a document of every operation, a page to browse
 * it, and errors that say what to do next.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, type Problem, runContainer, type Scenario, scenario, withName } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  vic = await s.user('vic', { course: 'viewer' })
})
afterAll(() => s?.end())

interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly responses: Record<string, unknown>
}
interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, { readonly properties?: Record<string, { readonly description?: string }> }> }
}

describe('s03: help', () => {
  it('is a document that names every operation, what it is for and how it fails', async () => {
    const { body } = await s.anonymous.http.get('/openapi.json').expect(200)
    const document = body as Document
    expect(document.openapi).toMatch(/^3\.1/)
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations.length).toBeGreaterThan(60)
    for (const { operationId, summary, description, responses } of operations) {
      expect(`${operationId}: ${summary ?? description ?? ''}`).toMatch(/: \S/)
      expect(Object.keys(responses)).toContain('default')
    }
    // `docker run --help` in another form
    const { image, pull, network } = document.components.schemas['CreateContainerBody']!.properties!
    for (const field of [image, pull, network]) expect(field!.description).toMatch(/\S/)
  })

  it('is a page to browse, without the internet', async () => {
    const page = await s.anonymous.http.get('/docs').redirects(1).expect(200)
    expect(page.text).toContain('<title>Berth API</title>')
    const foreign = [...page.text.matchAll(/(?:src|href)="(https?:)?\/\/[^"]+"/g)]
    expect(foreign).toEqual([])
  })

  it('is in every error: what was wrong, where, and what to do next', async () => {
    await runContainer(ann, withName('web'))
    const errors: Problem[] = [
      await s.anonymous.fails('GET', '/containers'),
      await ann.fails('GET', '/containers/nobody'),
      await ann.fails('DELETE', '/containers/web'),
      await vic.fails('POST', '/containers/web/stop'),
      await ann.fails('POST', '/containers', { imgae: 'busybox' }),
      await ann.fails('POST', '/containers', { image: 'berth.test/busybox:1', privileged: true }),
      await ann.fails('GET', '/no/such/route'),
    ]
    for (const { type, status, code, detail, hint, requestId } of errors) {
      expect(type).toContain(code)
      expect(status).toBeGreaterThanOrEqual(400)
      for (const text of [detail, hint]) expect(text).toMatch(/^\S.*[^.]$/)
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    }
    expect(errors.map(({ code }) => code)).toEqual([
      'unauthenticated',
      'not_found',
      'container_running',
      'permission_denied',
      'invalid_request',
      'policy_denied',
      'route_not_found',
    ])
    expect(errors[4]!.errors!.map(({ pointer }) => pointer)).toContain('/imgae')
    expect(errors[5]!.violations).toMatchObject([{ path: '/privileged', profile: 'baseline' }])
  })
})
