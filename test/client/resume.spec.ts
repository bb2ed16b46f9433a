/** What the client does when everything goes wrong at once, which a real gateway does only now and then. */
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectStreams, type Streams } from '../../clients/typescript/src/streams/index.js'
import { until } from '../streams/support.js'

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

describe('a stream that its reader leaves', () => {
  const opened: string[] = []
  const closed: string[] = []
  let quiet: HttpServer
  let streams: Streams

  /** Opens what it is asked to, what is opened again slowly, and knows nothing of what an earlier connection had. */
  function take(socket: Socket): void {
    const own = new Set<string>()
    socket.on('stream:open', (_: object, ack: (answer: object) => void) => {
      const streamId = `s${opened.length + 1}`
      opened.push(streamId)
      own.add(streamId)
      setTimeout(() => ack({ ok: true, streamId, credit: 1_024, session: 'x' }), opened.length === 1 ? 0 : 300)
    })
    socket.on('stream:close', ({ streamId }: { streamId: string }, ack?: (answer: object) => void) => {
      closed.push(streamId)
      ack?.(own.delete(streamId) ? { ok: true } : { ok: false, error: { code: 'stream_not_found', status: 404, title: 'no such stream' } })
    })
  }
  const lost = async () => {
    streams.socket.io.engine.close()
    await until('lost', () => !streams.socket.connected)
  }

  beforeEach(async () => {
    opened.length = closed.length = 0
    quiet = createServer()
    new Server(quiet).on('connection', take)
    quiet.listen(0, '127.0.0.1')
    await once(quiet, 'listening')
    streams = connectStreams({ url: `http://127.0.0.1:${(quiet.address() as AddressInfo).port}`, token: 't' })
  })
  afterEach(() => {
    streams.close()
    quiet.close()
  })

  it('while the connection is lost is not opened again', async () => {
    const exec = await streams.exec({ container: 'web', command: ['cat'] })
    await lost()
    await exec.close()
    expect(await exec.ended).toMatchObject({ reason: 'closed' })
    await until('back', () => streams.socket.connected)
    await new Promise((done) => setTimeout(done, 300))
    expect(opened).toEqual(['s1'])
  })

  it('while it is opened again is closed at the gateway', async () => {
    const exec = await streams.exec({ container: 'web', command: ['cat'] })
    await lost()
    await until('the second opening', () => opened.length === 2)
    await exec.close()
    expect(await exec.ended).toMatchObject({ reason: 'closed' })
    await until('its end', () => closed.includes('s2'))
  })

  it('as it ends by itself is left without an error', async () => {
    const exec = await streams.exec({ container: 'web', command: ['true'] })
    await new Promise((done) => streams.socket.emit('stream:close', { streamId: exec.streamId }, done))
    await exec.close()
    expect(await exec.ended).toMatchObject({ reason: 'closed' })
  })
})
