import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type OnReadOpts, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { garbage } from './answer-shape.js'
import { BulkAnswer, type BulkReading } from './bulk-answer.js'

/*
 * Why not docker-modem, dockerode's own transport: modem.ts tells. Streams and sessions come here directly, ordinary calls
 * through dockerode.
 */

/** One HTTP request; the path has its version and its checks behind it. */
export interface TransportRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly upload?: AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
  /** Re-use a connection: only for reads, since a stale one loses the request and only a read may be sent again. */
  readonly pooled?: boolean
}

/** A GET whose answer goes through one buffer. */
export type BulkRequest = Pick<TransportRequest, 'path' | 'signal'> & BulkReading

/** An answer whose connection the engine gave up to us; `input` is where stdin goes. */
export interface Hijacked {
  readonly output: Duplex | IncomingMessage
  readonly input: Socket
}

/** Bytes to and from the engine. Never follows a redirect; knows every socket it has opened. */
export class Transport {
  private readonly sockets = new Set<Socket>()
  private readonly target: { path: string } | { host: string; port: number }
  private readonly pool: Agent
  /** After close(): what ends then ends because we are stopping. */
  closed = false

  constructor(dockerHost: string) {
    this.target = parseHost(dockerHost)
    this.pool = new Agent({ keepAlive: true, maxFreeSockets: 8, scheduling: 'lifo' })
    this.pool.createConnection = () => this.connect()
  }

  /** Connections in use; those that the pool keeps for the next read do not count. */
  get openSockets(): number {
    const idle = Object.values(this.pool.freeSockets).reduce((sum, free) => sum + (free?.length ?? 0), 0)
    return this.sockets.size - idle
  }

  /** Resolves with the head of the answer, whatever its status; the caller reads or destroys the rest. */
  async send(request: TransportRequest): Promise<IncomingMessage> {
    const sent = this.request(request)
    try {
      return await answerOf(sent, request)
    } catch (error) {
      // the engine closed an idle connection in the same moment
      if (sent.reusedSocket && request.pooled && isReset(error)) return answerOf(this.request({ ...request, pooled: false }), request)
      throw error
    }
  }

  /** A GET whose answer is large. Resolves with the head of it, whatever its status; the caller reads or destroys the rest. */
  async bulk({ path, signal, ...reading }: BulkRequest): Promise<BulkAnswer> {
    // written by hand: nothing may end the line early
    if (!/^[\x21-\x7e]+$/.test(path)) throw new Error('the engine part was given something that is not a path')
    signal?.throwIfAborted()
    const answer = new BulkAnswer(reading)
    const socket = this.connect(answer.onread)
    const abort = (): void => void socket.destroy()
    signal?.addEventListener('abort', abort, { once: true })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`)
    try {
      await answer.opened(socket)
      return answer
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Asks for the raw connection. An answer that is neither 101 nor 200 is returned as a message. */
  hijack(request: TransportRequest): Promise<Hijacked | IncomingMessage> {
    const headers = { ...request.headers, Connection: 'Upgrade', Upgrade: 'tcp' }
    const sent = this.request({ ...request, headers, pooled: false })
    return new Promise((resolve, reject) => {
      sent.on('error', reject)
      sent.on('upgrade', (message, socket, head) => {
        if (head.length > 0) socket.unshift(head)
        socket.on('error', ignore)
        resolve(message.statusCode === 101 ? { output: socket, input: socket } : message)
      })
      sent.on('response', (message) => {
        message.on('error', ignore)
        resolve(message.statusCode === 200 ? { output: message, input: message.socket } : message)
      })
      sent.end(request.body)
    })
  }

  /** Destroys every connection and waits until they are gone. */
  async close(): Promise<void> {
    this.closed = true
    this.pool.destroy()
    // again for what was begun while they ended
    while (this.sockets.size > 0)
      await Promise.all([...this.sockets].map((socket) => new Promise((resolve) => socket.destroy().once('close', resolve))))
  }

  private request(request: TransportRequest): ClientRequest {
    const { method, path, signal, body } = request
    const length = body === undefined ? (method === 'POST' && !request.upload ? 0 : undefined) : Buffer.byteLength(body)
    const headers: Record<string, string> = { Host: 'docker', ...request.headers }
    if (length !== undefined) headers['Content-Length'] = String(length)
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (request.upload) headers['Content-Type'] = 'application/x-tar'
    const way: RequestOptions = request.pooled ? { agent: this.pool } : { createConnection: () => this.connect() }
    if (!request.pooled) headers['Connection'] ??= 'close'
    return httpRequest({ method, path, headers, ...(signal && { signal }), ...way })
  }

  private connect(onread?: OnReadOpts): Socket {
    const socket = connect({ ...this.target, ...(onread && { onread }) })
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    if (this.closed) socket.destroy()
    return socket
  }
}

/** Whether this is an error of a connection that the other side has closed. */
export function isReset(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** The `code` of a Node error. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function answerOf(sent: ClientRequest, request: TransportRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('upgrade', (_message, socket) => {
      // without a listener Node closes the socket and tells nobody
      socket.destroy()
      reject(garbage('an upgrade that was not asked for'))
    })
    sent.on('response', (message) => {
      // without a listener an abort within the body would be an uncaught error; readers get it by their own means
      message.on('error', ignore)
      // broken chunks are told to the request only
      sent.on('error', (error) => message.destroy(error))
      resolve(message)
    })
    if (!request.upload) return void sent.end(request.body)
    const refused = new AbortController()
    sent.once('response', ({ statusCode = 0 }) => statusCode >= 300 && refused.abort())
    upload(request.upload, sent, refused.signal).catch((error: unknown) => {
      // cut, or half a body would look whole
      sent.destroy()
      reject(error)
    })
  })
}

/**
 * Sends while it is taken. A refusal in the middle ends it without a cut: the engine leaves its answer on the connection for
 * half a second, and a write that fails would take it away unread.
 */
async function upload(chunks: AsyncIterable<Uint8Array>, sent: ClientRequest, refused: AbortSignal): Promise<void> {
  const room = roomOf(sent, refused)
  for await (const chunk of chunks) {
    if (refused.aborted) return
    if (sent.destroyed) throw Object.assign(new Error('the engine has closed the connection'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
    if (!sent.write(chunk)) await room()
  }
  if (!refused.aborted) sent.end()
}

/** Resolves when there is room for more, or never will be. It listens once: each piece of an upload asks. */
function roomOf(sent: ClientRequest, refused: AbortSignal): () => Promise<void> {
  let found: (() => void) | undefined
  const look = (): void => found?.()
  sent.on('drain', look).on('close', look)
  refused.addEventListener('abort', look, { once: true })
  return () =>
    new Promise((resolve) => {
      if (sent.destroyed || refused.aborted) resolve()
      else found = resolve
    })
}

function ignore(): void {}

function parseHost(dockerHost: string): { path: string } | { host: string; port: number } {
  if (dockerHost.startsWith('unix://')) return { path: dockerHost.slice(7) }
  const url = new URL(dockerHost)
  if (url.protocol !== 'tcp:' && url.protocol !== 'http:') throw new Error(`DOCKER_HOST must be unix:// or tcp://, not ${url.protocol}//`)
  // [::1] keeps its brackets in a URL and must lose them for connect
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? 2375 : url.port) }
}
