/** One side of a comparison: a keep-alive client of the gateway or of the engine's socket. */
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type Dispatcher, Pool } from 'undici'
import { exchange } from './raw.js'

export interface Address {
  readonly options: RequestOptions
  readonly headers: Readonly<Record<string, string>>
}

export class Http {
  private readonly address: Address
  private readonly agent: Agent
  private readonly pool: Pool

  constructor(address: Address, connections = 1) {
    this.address = address
    this.agent = new Agent({ keepAlive: true, maxSockets: connections })
    const { host = 'bench', port = 80, socketPath } = address.options
    this.pool = new Pool(`http://${host}:${port}`, { connections, pipelining: 1, ...(socketPath && { socketPath }) })
  }

  /** A GET whose answer is not looked into, by the client that costs least: what it takes from the shared cores is in both figures. */
  get(path: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_, status) => void (status >= 400 && reject(new Error(`GET ${path}: ${status}`))),
      onResponseData: () => undefined,
      onResponseEnd: () => resolve(),
      onResponseError: (_, error) => reject(error),
    }
    this.pool.dispatch({ method: 'GET', path, headers: this.address.headers }, handler)
    return promise
  }

  /** Reads the answer to its end without looking into it; answers its size. A status of 400 or more is an error. */
  async drain(method: string, path: string, body?: unknown): Promise<number> {
    const response = await this.answer(method, path, body)
    let bytes = 0
    response.on('data', (chunk: Buffer) => (bytes += chunk.length))
    await once(response, 'end')
    return bytes
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const content = await text(await this.answer(method, path, body))
    return (content === '' ? undefined : JSON.parse(content)) as T
  }

  /** A GET of many bytes: as drain, by the client that costs least. */
  receive(path: string): Promise<number> {
    return exchange(this.address, { method: 'GET', path })
  }

  /** Sends many bytes, and reads the answer to its end, by the client that costs least. */
  upload(method: string, path: string, chunks: Iterable<Uint8Array>, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    return exchange(this.address, { method, path, chunks, headers })
  }

  /** The head of the answer; its body must be read. */
  async answer(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const content = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
    const headers = { host: 'bench', ...this.address.headers, ...content }
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const call = request({ ...this.address.options, agent: this.agent, method, path, headers, timeout: 120_000 }, resolve)
    call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer`)))
    call.on('error', reject)
    call.end(bytes)
    const response = await promise
    if ((response.statusCode ?? 0) >= 400) throw new Error(`${method} ${path}: ${response.statusCode} ${await text(response)}`)
    return response
  }

  close(): void {
    this.agent.destroy()
    void this.pool.destroy()
  }
}
