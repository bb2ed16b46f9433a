/** The smallest client that the bed needs of the engine: one call, answered whole. The product's client is in src/engine. */
import { request, type RequestOptions } from 'node:http'

export interface EngineAnswer {
  readonly status: number
  readonly body: string
}

/** Sends one request to the engine's socket; answers any status. `body` is sent as JSON unless it is a Buffer (a tar). */
export function engineCall(socketPath: string, method: string, path: string, body?: unknown, timeout = 60_000): Promise<EngineAnswer> {
  const raw = Buffer.isBuffer(body)
  const bytes = raw ? body : body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers = bytes ? { 'content-type': raw ? 'application/x-tar' : 'application/json', 'content-length': bytes.length } : {}
  return httpCall({ socketPath, method, path, headers, timeout }, bytes).then(({ status, body: answer }) => ({
    status,
    body: answer.toString('utf8'),
  }))
}

/** As engineCall, but a status of 400 and above is an error with the engine's text. */
export async function engineJson<T>(socketPath: string, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await engineCall(socketPath, method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.trim()}`)
  return (answer.body && answer.status !== 204 ? JSON.parse(answer.body) : undefined) as T
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

/** One request over node:http, answered whole. */
export function httpCall(options: RequestOptions, body?: Buffer): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const call = request(options, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }))
  })
  call.on('timeout', () => call.destroy(new Error(`${options.method} ${options.path}: no answer`)))
  call.on('error', reject)
  call.end(body)
  return promise
}
