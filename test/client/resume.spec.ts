/** What the client does when everything goes wrong at once, which a real gateway does only now and then. */
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectStreams } from '../../clients/typescript/src/streams/index.js'

let http: HttpServer
let server: Server
let opens = 0

/** Opens, is cut, refuses for a moment, is cut again, and opens what it is asked to, slowly. */
function serve(socket: Socket): void {
  socket.on('stream:open', (_: object, ack: (answer: object) => void) => {
    opens += 1
    const opened = { ok: true, streamId: `s${opens}`, credit: 1_024 }
    if (opens === 2) ack({ ok: false, error: { code: 'engine_unavailable', status: 503, title: 'the engine is away' } })
    // slow enough for an attempt that began before the cut to wake up meanwhile
    else setTimeout(() => ack(opened), opens === 1 ? 0 : 1_000)
    if (opens < 3) setTimeout(() => socket.conn.close(), 50)
  })
}

beforeAll(async () => {
  http = createServer()
  server = new Server(http)
  server.on('connection', serve)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
})
afterAll(() => server?.close())

describe('a log that is refused and cut again', () => {
  it('is opened once, by the connection that there is', async () => {
    const streams = connectStreams({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, token: 't' })
    const logs = await streams.logs({ containers: ['web'], follow: true })
    // longer than any attempt waits
    const until = Date.now() + 10_000
    while (logs.streamId !== 's3' && Date.now() < until) await new Promise((wake) => setTimeout(wake, 20))
    await new Promise((wake) => setTimeout(wake, 1_000))
    streams.close()
    expect({ opens, streamId: logs.streamId }).toEqual({ opens: 3, streamId: 's3' })
  })
})
