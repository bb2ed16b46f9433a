/** HTTP as bytes: for what no client library would send. */
import { connect, type Socket } from 'node:net'
import { expect } from 'vitest'
import { ERRORS } from '../../../src/common/errors.js'
import type { Problem } from '../../support/actor.js'

/** One answer, with header names in lower case. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A connection that tells what came in. */
export class RawConnection {
  readonly socket: Socket
  private received = Buffer.alloc(0)
  private ended = false
  private wake: () => void = () => undefined

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    this.socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes])
      this.wake()
    })
    const end = () => {
      this.ended = true
      this.wake()
    }
    // a server that closes while we still send resets the connection: what it said before counts
    this.socket.on('end', end).on('close', end).on('error', end)
  }

  send(bytes: string | Buffer): this {
    if (!this.socket.destroyed) this.socket.write(bytes)
    return this
  }

  /** The next answer, whole; 1xx are skipped. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const parsed = this.take()
      if (parsed && parsed.status >= 200) return parsed
      if (parsed) continue
      if (this.ended)
        throw new Error(`the connection ended after ${this.received.length} bytes: ${this.received.toString('latin1').slice(0, 300)}`)
      await new Promise<void>((done) => (this.wake = done))
    }
  }

  /** Resolves when the server has closed. */
  async closed(): Promise<void> {
    while (!this.ended) await new Promise<void>((done) => (this.wake = done))
  }

  destroy(): void {
    this.socket.destroy()
  }

  private take(): RawAnswer | null {
    const end = this.received.indexOf('\r\n\r\n')
    if (end < 0) return null
    const [first = '', ...lines] = this.received.subarray(0, end).toString('latin1').split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const status = Number(first.split(' ')[1])
    const length = status < 200 || status === 204 || status === 304 ? 0 : Number(headers['content-length'] ?? 0)
    if (this.received.length < end + 4 + length) return null
    const body = this.received.subarray(end + 4, end + 4 + length).toString('utf8')
    this.received = this.received.subarray(end + 4 + length)
    return { status, headers, body }
  }
}

/** Sends bytes on a connection of their own and answers the first answer. */
export async function raw(url: string, ...bytes: (string | Buffer)[]): Promise<RawAnswer> {
  const connection = new RawConnection(url)
  try {
    for (const part of bytes) connection.send(part)
    return await connection.answer()
  } finally {
    connection.destroy()
  }
}

/** The head of a request; `Connection: close` unless told otherwise. */
export function head(method: string, path: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const all = { host: 'gateway', connection: 'close', ...headers }
  return `${method} ${path} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
}

/** Every error has this shape, whatever went wrong. Answers the problem for what is special about it. */
export function expectProblem(answer: RawAnswer): Problem {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  const problem = JSON.parse(answer.body) as Problem
  const known = ERRORS[problem.code.toUpperCase() as keyof typeof ERRORS]
  expect(known, `the code ${problem.code} is in the catalogue`).toBeDefined()
  expect(problem.status).toBe(answer.status)
  expect(problem.status).toBe(known.status)
  expect(problem.hint).not.toBe('')
  expect(problem.hint + problem.detail).not.toMatch(/\{\w+\}/)
  expect(problem.requestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(problem.requestId).toBe(answer.headers['x-request-id'])
  return problem
}
