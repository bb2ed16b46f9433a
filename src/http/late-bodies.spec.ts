import { request } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { leaveBody, limitBody } from './late-bodies.js'

let server: FastifyInstance
afterEach(() => server.close())

/** A server whose bodies must be here in 100 ms; answers what a client gets that sends half of one. */
async function halfSent(path: string): Promise<{ status: number; text: string; closed: Promise<void> }> {
  server = fastify({ forceCloseConnections: true })
  server.addHook('onRequest', (call, reply, done) => {
    limitBody(call, reply, { refuse: (_, late, error) => void late.code(error.status).send(error.code), limitMs: 100 })
    done()
  })
  server.addHook('onResponse', (call, _reply, done) => {
    leaveBody(call)
    done()
  })
  server.addContentTypeParser('*', (_call, payload, done) => done(null, payload))
  server.post('/parsed', (call) => ({ got: call.body }))
  server.post('/bytes', { config: { bytes: ['*/*'] } }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return 'served'
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const call = request({
    port,
    path,
    method: 'POST',
    headers: { 'content-type': path === '/bytes' ? 'x/y' : 'application/json', 'content-length': 100 },
  })
  const closed = new Promise<void>((resolve) => call.once('close', resolve))
  call.on('error', () => undefined).write('{"half":')
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) => call.once('response', resolve))
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, text, closed }
}

it('a body that does not come in time is refused, and its connection is closed', async () => {
  const { status, text, closed } = await halfSent('/parsed')
  expect([status, text]).toEqual([408, 'REQUEST_TIMEOUT'])
  await closed
})

it('bytes that pass through may take their time', async () => {
  const { status, text, closed } = await halfSent('/bytes')
  expect([status, text]).toEqual([200, 'served'])
  // but after the answer nobody waits for the rest
  await closed
})
