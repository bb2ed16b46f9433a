/** One call to a Docker Engine, answered whole: all that scripts and the test bed need. The product's client is in src/engine. */
import { request, type RequestOptions } from 'node:http'

export interface HttpAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

export interface EngineAnswer {
  readonly status: number
  readonly body: string
}

/** Where an engine is, from `unix:///path`, a bare `/path` or `tcp://host:port`; anything else is an error. */
export function addressOf(dockerHost: string): RequestOptions {
  const [, path] = /^(?:unix:\/\/)?(\/.+)$/.exec(dockerHost) ?? []
  if (path) return { socketPath: path }
  const [, host, port] = /^tcp:\/\/([^/:]+|\[[^\]]+\]):(\d+)\/?$/.exec(dockerHost) ?? []
  if (host) return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) }
  throw new Error(`${dockerHost} is not understood: it must be unix:///path or tcp://host:port`)
}

/** Sends one request to an engine and answers any status. A Buffer is sent as a tar, anything else as JSON. */
export async function engineCall(
  dockerHost: string,
  method: string,
  path: string,
  body?: unknown,
  timeout = 60_000,
): Promise<EngineAnswer> {
  const raw = Buffer.isBuffer(body)
  const bytes = raw ? body : body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers = bytes ? { 'content-type': raw ? 'application/x-tar' : 'application/json', 'content-length': bytes.length } : {}
  const answer = await httpCall({ ...addressOf(dockerHost), method, path, headers, timeout }, bytes)
  return { status: answer.status, body: answer.body.toString('utf8') }
}

/** As engineCall, but a status of 400 and above is an error with the engine's text. */
export async function engineJson<T>(dockerHost: string, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await engineCall(dockerHost, method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.trim()}`)
  return (answer.body ? JSON.parse(answer.body) : undefined) as T
}

/** One request over node:http, answered whole; `timeout` is the longest silence. */
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
