import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { receivedBytes } from './received-bytes.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A request of which `size` bytes are told and the first few sent; answers what the server sees of it, and its client. */
async function arriving(size: number, first: string) {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage>()
  const server = createServer((message) => resolve(message)).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const client = request({ port: (server.address() as AddressInfo).port, method: 'PUT', headers: { 'content-length': size } })
  client.on('error', () => undefined)
  client.write(first)
  ends.push(
    () => client.destroy(),
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return { body: await promise, client }
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

const never = new AbortController().signal

describe('bytes that are received', () => {
  it('come to their end', async () => {
    const { body, client } = await arriving(6, 'abc')
    client.end('def')
    expect(await all(receivedBytes(body, never))).toBe('abcdef')
  })

  it('are nothing where there is no body', async () => {
    expect(await all(receivedBytes(undefined, never))).toBe('')
  })

  it('fail when the client leaves before their end', async () => {
    const { body, client } = await arriving(6, 'abc')
    const read = all(receivedBytes(body, never))
    client.destroy()
    await expect(read).rejects.toMatchObject({ code: 'CLIENT_GONE' })
  })

  it('are not taken for whole when the client left before they were read', async () => {
    const { body, client } = await arriving(6, 'abcdef')
    await new Promise((done) => setTimeout(done, 50))
    expect(body.complete).toBe(true)
    client.destroy()
    await new Promise((done) => body.once('close', done))
    await expect(all(receivedBytes(body, never))).rejects.toMatchObject({ code: 'CLIENT_GONE' })
  })

  it('leave no listener behind', async () => {
    const { body, client } = await arriving(6, 'abc')
    const listeners = () => ['readable', 'end', 'close'].map((event) => body.listenerCount(event))
    const before = listeners()
    const chunks = receivedBytes(body, never)
    await chunks.next()
    client.end('def')
    expect(await all(chunks)).toBe('def')
    expect(listeners()).toEqual(before)
  })

  it('fail when the client says nothing more', async () => {
    const { body } = await arriving(6, 'abc')
    await expect(all(receivedBytes(body, never, 50))).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
  })

  it('do not time out while nobody reads them', async () => {
    const { body, client } = await arriving(6, 'abc')
    const chunks = receivedBytes(body, never, 50)
    await chunks.next()
    await new Promise((done) => setTimeout(done, 120))
    client.end('def')
    expect(await all(chunks)).toBe('def')
  })

  it('end with the reason of the signal', async () => {
    const { body } = await arriving(6, 'abc')
    const ending = new AbortController()
    const read = all(receivedBytes(body, ending.signal))
    ending.abort(new Error('the right is lost'))
    await expect(read).rejects.toThrow('the right is lost')
  })

  it('fail once when the client left before they are asked for', async () => {
    const { body, client } = await arriving(6, 'abc')
    const ending = new AbortController()
    const chunks = receivedBytes(body, ending.signal)
    await chunks.next()
    client.destroy()
    await new Promise((done) => body.once('close', done))
    ending.abort(new Error('gone'))
    // the read that nobody waits for fails too, and must not end the process
    await expect(chunks.next()).rejects.toThrow('gone')
  })

  it('leave the connection open for an answer when they are not wanted any more', async () => {
    const { body } = await arriving(6, 'abc')
    for await (const _ of receivedBytes(body, never)) break
    expect(body.destroyed).toBe(false)
  })
})
