/**
 * Many bytes to and from one side, by the client that costs least: what it takes from the shared cores is in both figures, and
 * Node's own client takes more of them than the engine does (it makes a buffer of each piece, and collects them).
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { BulkAnswer } from '../../src/engine/bulk-answer.js'
import type { Address } from './http.js'

export interface RawRequest {
  readonly method: string
  readonly path: string
  /** Sent in chunks (RFC 9112, section 7.1). */
  readonly chunks?: Iterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks on a connection of its own, and reads the answer to its end without looking into it; answers its size. */
export async function exchange({ options, ...address }: Address, { method, path, chunks, headers }: RawRequest): Promise<number> {
  const answer = new BulkAnswer()
  const { host, port, socketPath } = options
  const target = socketPath ? { path: socketPath } : { host: host ?? 'localhost', port: Number(port) }
  const socket = connect({ ...target, onread: answer.onread })
  const opened = answer.opened(socket)
  const fields = Object.entries({
    host: 'bench',
    ...address.headers,
    ...headers,
    ...(chunks && { 'content-type': 'application/x-tar', 'transfer-encoding': 'chunked' }),
  })
  socket.write(`${method} ${path} HTTP/1.1\r\n${fields.map((field) => `${field.join(': ')}\r\n`).join('')}\r\n`)
  if (chunks) await Promise.race([send(socket, chunks), opened])
  await opened
  let [bytes, text] = [0, '']
  for await (const chunk of answer.chunks()) {
    bytes += chunk.length
    if (answer.status >= 400) text += Buffer.from(chunk).toString()
  }
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return bytes
}

async function send(socket: Socket, chunks: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of chunks) {
    if (chunk.length === 0) continue
    socket.cork()
    socket.write(`${chunk.length.toString(16)}\r\n`)
    socket.write(chunk)
    const room = socket.write('\r\n')
    socket.uncork()
    if (!room) await once(socket, 'drain')
  }
  socket.write('0\r\n\r\n')
}
