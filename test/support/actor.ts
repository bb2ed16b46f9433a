/**
 * Somebody with a token, and their ways to ask: `rest` is the generated client (`ann.rest.call('ContainerStop', { path: { ref } })`),
 * `http` is supertest for raw assertions. Every answer is held against the OpenAPI document.
 */
import supertest, { type Response as RawResponse, type Test } from 'supertest'
import { type Client, createClient } from '../../clients/typescript/src/index.js'
import type { Gateway } from './app.js'
import { assertDocumented } from './contract.js'

/** The body of an error, RFC 9457. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint: string
  readonly requestId: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly violations?: readonly { readonly path: string; readonly profile: string; readonly rule: string }[]
}

interface Identity {
  readonly username: string
  readonly userId?: string | undefined
  readonly accessToken: string | null
  readonly refreshToken?: string | undefined
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export class Actor {
  readonly username: string
  readonly userId: string | undefined
  readonly accessToken: string | null
  readonly refreshToken: string | undefined
  /** The generated client with this actor's token; throws BerthError. */
  readonly rest: Client

  constructor(
    readonly gateway: Gateway,
    identity: Identity,
  ) {
    this.username = identity.username
    this.userId = identity.userId
    this.accessToken = identity.accessToken
    this.refreshToken = identity.refreshToken
    this.rest = createClient({
      url: gateway.url,
      fetch: checkedFetch,
      ...(identity.accessToken !== null && { token: identity.accessToken }),
    })
  }

  static async login(gateway: Gateway, who: { username: string; password: string }, userId?: string): Promise<Actor> {
    const nobody = new Actor(gateway, { username: 'anonymous', accessToken: null })
    const { username, password } = who
    const tokens = await nobody.ok<{ accessToken: string; refreshToken: string }>('POST', '/auth/login', { username, password })
    return new Actor(gateway, { username, userId, ...tokens })
  }

  /** Raw requests with this actor's token: `await ann.http.get('/containers').expect(200)`. Paths are below /api/v1. */
  readonly http = {
    get: (path: string) => this.request('GET', path),
    head: (path: string) => this.request('HEAD', path),
    post: (path: string) => this.request('POST', path),
    put: (path: string) => this.request('PUT', path),
    patch: (path: string) => this.request('PATCH', path),
    delete: (path: string) => this.request('DELETE', path),
  }

  /** One request that must succeed; answers its body. */
  async ok<T>(method: Method, path: string, body?: object): Promise<T> {
    const request = this.request(method, path)
    const answer = await (body === undefined ? request : request.send(body))
    if (answer.status >= 300) throw new Error(`${method} ${path} as ${this.username}: ${answer.status} ${answer.text}`)
    return answer.body as T
  }

  /** One request that must fail; answers its problem. */
  async fails(method: Method, path: string, body?: object): Promise<Problem> {
    const request = this.request(method, path)
    const answer = await (body === undefined ? request : request.send(body))
    if (answer.status < 400) throw new Error(`${method} ${path} as ${this.username} should have failed: ${answer.status} ${answer.text}`)
    return answer.body as Problem
  }

  private request(method: Method, path: string): Test {
    const agent = supertest(this.gateway.url)
    const url = absolute(path)
    const test = agent[method.toLowerCase() as 'get'](url).expect(isDocumented(method, url))
    return this.accessToken === null ? test : test.set('authorization', `Bearer ${this.accessToken}`)
  }
}

/** Health, metrics and the reference page are outside of the API's prefix. */
function absolute(path: string): string {
  return /^\/(health\/|metrics|docs|api\/|socket\.io)/.test(path) ? path : `/api/v1${path}`
}

/** The check of an answer that supertest got. */
export function isDocumented(method: string, path: string): (response: RawResponse) => void {
  return ({ status, headers, body, text }) => {
    const contentType = headers['content-type'] ?? ''
    const parsed: unknown = /[/+]json/.test(contentType) ? body : text
    assertDocumented({
      method,
      path,
      status,
      contentType,
      body: parsed,
      requestId: headers['x-request-id'] ?? null,
    })
  }
}

async function checkedFetch(request: Request): Promise<Response> {
  const response = await fetch(request)
  const contentType = response.headers.get('content-type') ?? ''
  const isJson = /[/+]json/.test(contentType)
  // what is not JSON may be endless: it is left to the test
  const body: unknown = isJson ? await response.clone().json() : undefined
  const path = new URL(request.url).pathname
  assertDocumented({
    method: request.method,
    path,
    status: response.status,
    contentType,
    body,
    requestId: response.headers.get('x-request-id'),
  })
  return response
}
