import createFetchClient, { type Client as FetchClient } from 'openapi-fetch'
import { Session, type Tokens } from './credentials.js'
import { BerthError } from './error.js'
import { ROUTES } from './generated/routes.js'
import type { operations, paths } from './generated/openapi.js'
import type { Answer, CallArguments, CallOptions, OperationId } from './types.js'

export interface ClientOptions {
  /** Address of the gateway, without `/api/v1`. */
  readonly url: string
  /** A personal token, an access token, or a function that answers one for each request. */
  readonly token?: string | (() => string | Promise<string>)
  /** A login's tokens: the client refreshes them by itself. */
  readonly tokens?: Tokens
  /** Hears each new pair of tokens. */
  readonly onTokens?: (tokens: Tokens) => void
  /** Instead of the global fetch. */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** The REST API, operation by operation: `client.call('ContainerStop', { path: { ref: 'web' } })`. */
export class Client {
  readonly url: string
  /** The plain typed fetch client below, for `rest.GET('/api/v1/containers')` and its raw `Response`. */
  readonly rest: FetchClient<paths>
  private session: Session | null

  constructor(private readonly options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, '')
    this.rest = createFetchClient<paths>({ baseUrl: this.url, ...(options.fetch && { fetch: options.fetch }) })
    this.rest.use({
      onRequest: async ({ request, schemaPath }) => {
        const token = await this.tokenFor(schemaPath)
        if (token !== null && !request.headers.has('authorization')) request.headers.set('authorization', `Bearer ${token}`)
        return request
      },
    })
    this.session = options.tokens ? this.sessionOf(options.tokens) : null
  }

  /**
   * Calls one operation and answers its body.
   * @throws BerthError with the gateway's code and hint.
   */
  async call<Op extends OperationId>(id: Op, ...[options]: CallArguments<Op>): Promise<Answer<Op>> {
    let { response, error } = await this.send(id, options)
    if (response.status === 401 && this.session && !isAuthentication(ROUTES[id][1])) {
      // ended before its time: revoked by a change of rights, or our clock is wrong
      await this.session.refresh()
      ;({ response, error } = await this.send(id, options))
    }
    if (!response.ok) throw BerthError.of(response, error)
    return (await bodyOf(response)) as Answer<Op>
  }

  /** Logs in; from then on the client refreshes its tokens by itself. */
  async login(credentials: operations['AuthLogin']['requestBody']['content']['application/json']): Promise<Tokens> {
    const tokens = await this.call('AuthLogin', { body: credentials })
    this.session = this.sessionOf(tokens)
    this.options.onTokens?.(tokens)
    return tokens
  }

  /** The token for a connection that is made now, such as that of the streams; null without credentials. */
  async token(): Promise<string | null> {
    if (this.session) return this.session.token()
    const { token } = this.options
    return (typeof token === 'function' ? await token() : token) ?? null
  }

  private async send<Op extends OperationId>(id: Op, options?: CallOptions<Op>): Promise<Outcome> {
    const [method, path] = ROUTES[id]
    const { path: inPath, query, body, headers, signal } = (options ?? {}) as LooseOptions
    // The types were checked by CallOptions; openapi-fetch's own can't follow a path that is only known by its operation.
    const request = this.rest.request as unknown as (method: string, path: string, init: object) => Promise<Outcome>
    const fields = isBytes(body) ? { 'content-type': 'application/octet-stream', ...headers } : headers
    const params = { ...(inPath && { path: inPath }), ...(query && { query }) }
    return request(method.toLowerCase(), path, { params, body, headers: fields, signal, parseAs: 'stream', ...(isBytes(body) && AS_IT_IS) })
  }

  private tokenFor(path: string): Promise<string | null> {
    return isAuthentication(path) ? Promise.resolve(null) : this.token()
  }

  private sessionOf(tokens: Tokens): Session {
    const exchange = (refreshToken: string) => this.call('AuthRefresh', { body: { refreshToken } })
    return new Session(tokens, exchange, this.options.onTokens)
  }
}

/** What openapi-fetch answers; it has read the body of an error already. */
interface Outcome {
  readonly response: Response
  readonly error?: unknown
}

interface LooseOptions {
  readonly path?: object
  readonly query?: object
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

export function createClient(options: ClientOptions): Client {
  return new Client(options)
}

/** The fetch client would write them as JSON. A stream goes out while it is read, for which fetch wants `duplex`. */
const AS_IT_IS = { bodySerializer: (body: unknown) => body, duplex: 'half' }

function isBytes(body: unknown): boolean {
  return (
    typeof body === 'string' ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof ReadableStream
  )
}

/** Operations that make a token need none, and must not wait for one. */
function isAuthentication(path: string): boolean {
  return path === '/api/v1/setup' || path === '/api/v1/auth/login' || path === '/api/v1/auth/refresh'
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const type = response.headers.get('content-type') ?? ''
  if (/[/+]json/.test(type)) return response.json()
  return type.startsWith('text/') ? response.text() : response.body
}
