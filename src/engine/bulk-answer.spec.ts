import { createServer, type Server, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Transport } from './transport.js'

const folder = mkdtempSync(join(tmpdir(), 'berth-bulk-'))
let server: Server
let transport: Transport
let serve: (socket: Socket, head: string) => void
let connections: Set<Socket>

beforeEach(async () => {
  connections = new Set()
  server = createServer((socket) => {
    connections.add(socket)
    socket.on('error', () => undefined).on('close', () => connections.delete(socket))
    socket.once('data', (head) => serve(socket, head.toString('latin1')))
  })
  const path = join(folder, 's')
  await new Promise<void>((done) => server.listen(path, done))
  transport = new Transport(`unix://${path}`)
  return () => rmSync(path, { force: true })
})
afterEach(async () => {
  await transport.close()
  connections.forEach((socket) => socket.destroy())
  await new Promise((done) => server.close(done))
})

/** Sends so many bytes at a time, each as a packet of its own. */
async function drip(socket: Socket, text: string | Buffer, size: number): Promise<void> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) {
    if (!socket.write(bytes.subarray(at, at + size))) await new Promise((done) => socket.once('drain', done))
    if (size < 100) await new Promise((done) => setImmediate(done))
  }
}

async function read(signal?: AbortSignal): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  const answer = await transport.bulk({ path: '/v1.41/x?path=%2F', ...(signal && { signal }) })
  const chunks: Buffer[] = []
  for await (const chunk of answer.chunks()) chunks.push(Buffer.from(chunk))
  return { status: answer.status, headers: answer.headers, body: Buffer.concat(chunks).toString('latin1') }
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunked = (...parts: string[]) => [...parts, ''].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')

describe('a large answer', () => {
  it('is asked for by one plain request', async () => {
    let seen = ''
    serve = (socket, head) => {
      seen = head
      socket.end(`${CHUNKED}${chunked('x')}`)
    }
    await read()
    expect(seen).toBe('GET /v1.41/x?path=%2F HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n')
  })

  it.each([1, 2, 3, 7, 10_000])('does not depend on how it comes: %d bytes at a time', async (size) => {
    serve = (socket) => void drip(socket, `${CHUNKED}${chunked('hello ', 'w'.repeat(40), '!')}`, size)
    const { status, headers, body } = await read()
    expect([status, headers['content-type'], body]).toEqual([200, 'application/x-tar', `hello ${'w'.repeat(40)}!`])
    expect(connections.size).toBeLessThanOrEqual(1)
  })

  it('is larger than its buffer', async () => {
    const part = 'x'.repeat(100_000)
    serve = (socket) => void drip(socket, `${CHUNKED}${chunked(...Array.from({ length: 30 }, () => part))}`, 50_000)
    const { body } = await read()
    expect(body.length).toBe(3_000_000)
    expect(/^x*$/.test(body)).toBe(true)
  })

  it.each<[string, string, string]>([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    ['with a length of nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
    ['until the connection ends', 'HTTP/1.0 200 OK\r\n\r\nhello', 'hello'],
    ['with extensions and fields at the end', `${CHUNKED}5;a=b\r\nhello\r\n0;last\r\nX-Field: 1\r\n\r\n`, 'hello'],
    ['with plain line feeds between chunks', `${CHUNKED}5\nhello\n0\n\n`, 'hello'],
  ])('ends: %s', async (_, bytes, body) => {
    serve = (socket) => void socket.end(bytes)
    expect((await read()).body).toBe(body)
  })

  it.each<[string, string]>([
    ['in the head', 'HTTP/1.1 200 O'],
    ['in a size', `${CHUNKED}1`],
    ['in a chunk', `${CHUNKED}5\r\nhel`],
    ['before the last chunk', `${CHUNKED}5\r\nhello\r\n`],
    ['within its length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'],
  ])('that is cut is no whole one: %s', async (_, bytes) => {
    serve = (socket) => void socket.end(bytes)
    await expect(read()).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })

  it.each<[string, string]>([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`],
    ['a size that is none', `${CHUNKED}hello\r\n`],
    ['a size of 16 digits', `${CHUNKED}${'f'.repeat(16)}\r\n`],
    ['a size without an end', `${CHUNKED}5;${'x'.repeat(10_000)}`],
    ['a chunk that is too long', `${CHUNKED}5\r\nhello world\r\n`],
    ['bytes after the last chunk', `${CHUNKED}0\r\n\r\nmore`],
    ['more than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ])('that is not understood is ENGINE_PROTOCOL: %s', async (_, bytes) => {
    serve = (socket) => void socket.end(bytes)
    await expect(read()).rejects.toMatchObject({ code: 'ENGINE_PROTOCOL' })
  })

  it('is not read while nobody takes it', async () => {
    let sent = 0
    serve = (socket) => {
      const part = Buffer.from(chunked('x'.repeat(65_000)).slice(0, -5))
      const more = (): void => {
        while (!socket.destroyed && sent < 50_000_000) {
          sent += part.length
          if (!socket.write(part)) return void socket.once('drain', more)
        }
      }
      socket.write(CHUNKED)
      more()
    }
    const answer = await transport.bulk({ path: '/x' })
    const chunks = answer.chunks()
    await chunks.next()
    const before = await settled(() => sent)
    expect(before).toBeLessThan(5_000_000)
    await chunks.return(undefined)
    await closed()
  })

  it('ends with its signal, in the head and in the body', async () => {
    serve = () => undefined
    const early = new AbortController()
    const opening = read(early.signal)
    early.abort()
    await expect(opening).rejects.toThrow()
    await closed()
  })

  it('ends with its signal while nothing comes', async () => {
    serve = (socket) => void socket.write(`${CHUNKED}5\r\nhello\r\n`)
    const answer = await transport.bulk({ path: '/x' })
    const chunks = answer.chunks()
    await chunks.next()
    const next = chunks.next()
    answer.destroy()
    await expect(next).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    await closed()
  })

  it('has no path that ends its line', async () => {
    await expect(transport.bulk({ path: '/x HTTP/1.1\r\nHost: evil' })).rejects.toThrow('not a path')
  })
})

async function closed(): Promise<void> {
  for (const end = Date.now() + 2_000; transport.openSockets > 0; await new Promise((done) => setImmediate(done)))
    if (Date.now() > end) expect.unreachable()
}

/** A number that does not change any more. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1; ;) {
    const now = value()
    if (now === last) return now
    last = now
    await new Promise((done) => setTimeout(done, 50))
  }
}
