/** Registries that do not behave, which a real one can't be made to: a plain server with the answers of a test. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One that writes down who came with what. */
export class FakeServer implements AsyncDisposable {
  readonly seen: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[] = []

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async start(answer: RequestListener): Promise<FakeServer> {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const fake = new FakeServer(server, `127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on('request', (request: IncomingMessage, response) => {
      fake.seen.push({ method: request.method ?? '', path: request.url ?? '', authorization: request.headers.authorization })
      answer(request, response)
    })
    return fake
  }

  get url(): string {
    return `http://${this.host}`
  }

  /** All that came with a credential. */
  get trusted(): string[] {
    return this.seen.flatMap(({ authorization }) => authorization ?? [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }
}

/** Answers JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): RequestListener {
  return (_, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', 'docker-distribution-api-version': 'registry/2.0', ...headers })
      .end(JSON.stringify(body))
  }
}

/** Wants a login, as the header says. */
export function challenge(header: string): RequestListener {
  return json({ errors: [{ code: 'UNAUTHORIZED' }] }, 401, { 'www-authenticate': header })
}

/** Basic, as a real one: 401 without a credential, then what `inside` answers. */
export function behindBasic(inside: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.authorization === undefined) challenge('Basic realm="fake"')(request, response)
    else inside(request, response)
  }
}
