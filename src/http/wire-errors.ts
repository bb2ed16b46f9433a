import type { Server } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { AppError, toProblem } from '../common/errors.js'
import { securityHeaders } from './security-headers.js'

const HEADERS = Object.entries(securityHeaders({ url: '', protocol: 'http' }))
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** Seconds and sizes of what is no request yet. */
export const WIRE_LIMITS = {
  /** A client that sends its head byte by byte holds a connection, and nothing else, for so long (ms). */
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
} as const

/** Answers what Node's parser refuses, before there is a request that a handler could answer. */
export function answerOnWire(error: NodeJS.ErrnoException, socket: Duplex): void {
  // nobody is there any more, or an answer is on its way already
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const requestId = randomUUID()
  const problem = toProblem(asAppError(error), requestId)
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${requestId}\r\n${HEADERS}connection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/** CONNECT is not a request to Node: without a listener the connection ends without a word. */
export function refuseConnect(server: Server): void {
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    answerOnWire(new Error('CONNECT'), socket)
  })
}

function asAppError({ code, message }: NodeJS.ErrnoException): AppError {
  if (message === 'CONNECT') return new AppError('METHOD_NOT_ALLOWED', { method: 'CONNECT' })
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('HEADERS_TOO_LARGE')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('REQUEST_TIMEOUT')
  return new AppError('INVALID_REQUEST', { reason: 'it is not http' })
}
