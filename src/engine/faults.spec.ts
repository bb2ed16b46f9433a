import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Engine } from './engine.js'

const ID = 'a'.repeat(64)
const PONG = 'HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK'
const json = (body: string, head = '') =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

type Answer = (socket: Socket, request: string) => void

/** An engine that answers pings well and everything else as the test says. */
async function fake(answer: Answer, options: { pong?: string; callTimeoutMs?: number; isSilent?: () => boolean } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'berth-fake-'))
  const path = join(dir, 'd.sock')
  const open = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    socket.on('data', (data) => {
      const request = data.toString()
      if (request.includes('/_ping')) {
        if (options.isSilent?.() !== true) socket.end(options.pong ?? PONG)
      } else answer(socket, request)
    })
  })
  await new Promise<void>((done) => server.listen(path, done))
  const engine = new Engine({ dockerHost: `unix://${path}`, callTimeoutMs: options.callTimeoutMs ?? 30_000 })
  ends.push(async () => {
    await engine.onApplicationShutdown()
    for (const socket of open) socket.destroy()
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return { engine, open, close: () => server.close() }
}

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

/** Nothing may stay open for longer than two seconds. */
const idle = (engine: Engine) => vi.waitFor(() => expect(engine.openSockets).toBe(0), { timeout: 2_000, interval: 5 })

describe('an engine that answers', () => {
  const rows: [string, string, string][] = [
    ['a redirect', 'HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n', 'ENGINE_PROTOCOL'],
    ['a redirect to an unknown scheme', 'HTTP/1.1 302 Found\r\nLocation: gopher://x/\r\nContent-Length: 0\r\n\r\n', 'ENGINE_PROTOCOL'],
    ['not http', 'hello, I am not http\r\n\r\n', 'ENGINE_PROTOCOL'],
    ['a page', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<a/>', 'ENGINE_PROTOCOL'],
    ['broken json', json('{"Id":'), 'ENGINE_PROTOCOL'],
    ['another shape', json('[]'), 'ENGINE_PROTOCOL'],
    ['null', json('null'), 'ENGINE_PROTOCOL'],
    ['wrong types', json('{"Id":7,"State":[]}'), 'ENGINE_PROTOCOL'],
    ['a 500 page', 'HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nOops', 'ENGINE_PROTOCOL'],
    ['a 404 of no engine', 'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone', 'ENGINE_PROTOCOL'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n', 'ENGINE_PROTOCOL'],
    ['a head without an end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`, 'ENGINE_PROTOCOL'],
  ]
  it.each(rows)('%s gives a clean error', async (_what, bytes, expected) => {
    const { engine } = await fake((socket) => socket.write(bytes))
    expect(await code(engine.containers.inspect(ID))).toBe(expected)
    expect(await code(engine.containers.start(ID))).toBe(expected)
    await idle(engine)
  })

  it('no list where there is nothing to list is an empty one', async () => {
    // 20.10, of a container whose last process ended while ps ran
    const { engine } = await fake((socket) => socket.write(json('{"Processes":null,"Titles":["PID"]}')))
    expect(await engine.containers.top(ID)).toEqual({ Titles: ['PID'], Processes: [] })
  })

  it('half an answer and closes is ENGINE_UNAVAILABLE', async () => {
    const { engine } = await fake((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"Id"'),
    )
    expect(await code(engine.containers.inspect(ID))).toBe('ENGINE_UNAVAILABLE')
  })

  it('half an answer and stalls is ENGINE_TIMEOUT', async () => {
    const { engine } = await fake(
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"Id"'),
      { callTimeoutMs: 200 },
    )
    expect(await code(engine.containers.inspect(ID))).toBe('ENGINE_TIMEOUT')
    await idle(engine)
  })

  it('nothing is ENGINE_TIMEOUT', async () => {
    const { engine } = await fake(() => undefined, { callTimeoutMs: 200 })
    expect(await code(engine.containers.inspect(ID))).toBe('ENGINE_TIMEOUT')
    expect(await code(engine.exec.start(ID, { tty: false }))).toBe('ENGINE_TIMEOUT')
    await idle(engine)
  })

  it('with a reset is ENGINE_UNAVAILABLE', async () => {
    const { engine } = await fake((socket) => socket.destroy())
    expect(await code(engine.containers.inspect(ID))).toBe('ENGINE_UNAVAILABLE')
    expect(await code(engine.containers.kill(ID))).toBe('ENGINE_UNAVAILABLE')
    expect(await code(engine.exec.start(ID, { tty: true }))).toBe('ENGINE_UNAVAILABLE')
  })

  it('byte by byte is understood', async () => {
    const bytes = json(`{"Id":"${ID}","Name":"/x","State":{},"Config":{},"HostConfig":{},"NetworkSettings":{},"Mounts":[]}`)
    const { engine } = await fake((socket) => {
      let at = 0
      const timer = setInterval(() => (at < bytes.length ? socket.write(bytes[at++] ?? '') : clearInterval(timer)), 0)
    })
    expect((await engine.containers.inspect(ID)).Name).toBe('/x')
  })

  it('a broken stream of logs ends it with an error, not the process', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
    for (const [rest, expected] of [
      ['5\r\nabcde\r\n0\r\n\r\n', 'ENGINE_UNAVAILABLE'],
      ['9\r\n\x07abcdefgh\r\n', 'ENGINE_PROTOCOL'],
      ['zz\r\n', 'ENGINE_PROTOCOL'],
    ] as const) {
      const { engine } = await fake((socket) => socket.write(head + rest))
      const lines = await engine.containers.logLines(ID, { tty: false })
      expect(await code(lines.next())).toBe(expected)
      await idle(engine)
    }
  })
})

describe('a removal', () => {
  const refusal = (text: string) =>
    json(JSON.stringify({ message: text })).replace('200 OK', `${text.startsWith('Could') ? 409 : 500} Refused`)
  const DONE = 'HTTP/1.1 204 No Content\r\n\r\n'
  const ENDED = `Could not kill running container ${ID}, cannot remove - Container ${ID} is not running`
  const BUSY = `unable to remove filesystem for ${ID}: unlinkat /x/mounts/shm: directory not empty`

  it.each<[string, boolean, string[], string, number]>([
    ['of what ends in the same moment', true, [refusal(ENDED), DONE], 'none', 2],
    ['whose files are busy for a moment', true, [refusal(BUSY), DONE], 'none', 2],
    ['whose files are busy', true, [refusal(BUSY), refusal(BUSY)], 'ENGINE_ERROR', 2],
    ['without force', false, [refusal(BUSY), DONE], 'ENGINE_ERROR', 1],
    ['of what the engine does not remove', true, [refusal('nobody knows'), DONE], 'ENGINE_ERROR', 1],
  ])('%s is tried once more, or not', async (_, force, answers, expected, asked) => {
    let count = 0
    const { engine } = await fake((socket, request) =>
      socket.write(request.startsWith('DELETE') ? answers[count++]! : json('{"State":{}}')),
    )
    expect(await code(engine.containers.remove(ID, { force }))).toBe(expected)
    expect(count).toBe(asked)
  })
})

describe('a hijacked connection', () => {
  const frame = '\x01\0\0\0\0\0\0\x05hello'
  const heads = [
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n',
  ]
  it.each(heads)('takes the first bytes with the head, and passes a half-close on: %j', async (head) => {
    let taken = ''
    const { engine } = await fake((socket, request) => {
      if (request.startsWith('POST')) socket.write(head + frame)
      else taken += request
      socket.on('end', () => socket.end('\x02\0\0\0\0\0\0\x03bye'))
    })
    const session = await engine.exec.start(ID, { tty: false })
    await session.write(Buffer.from('input'))
    session.end()
    const frames: string[] = []
    for await (const { stream, bytes } of session.output) frames.push(`${stream} ${Buffer.from(bytes).toString()}`)
    expect(frames).toEqual(['stdout hello', 'stderr bye'])
    expect(taken).toBe('input')
    await session.closed
    await idle(engine)
  })
})

describe('the API version', () => {
  const pong = (version: string) => PONG.replace('1.41', version)
  it.each([
    ['1.40', 'ENGINE_PROTOCOL'],
    ['2.0', 'ENGINE_PROTOCOL'],
    ['x', 'ENGINE_PROTOCOL'],
  ])('%s is refused', async (version, expected) => {
    const { engine } = await fake(() => undefined, { pong: pong(version) })
    expect(await code(engine.system.version())).toBe(expected)
  })

  it.each([
    ['1.41', '1.41'],
    ['1.54', '1.54'],
    ['1.60', '1.55'],
  ])('%s becomes %s in every path', async (version, used) => {
    let path = ''
    const { engine } = await fake(
      (socket, request) => {
        path = request.split(' ')[1] ?? ''
        socket.write(json('{"Version":"1","ApiVersion":"1.41"}'))
      },
      { pong: pong(version) },
    )
    await engine.system.version()
    expect(path).toBe(`/v${used}/version`)
  })
})

describe('availability', () => {
  it('is refused at once when no socket is there', async () => {
    const engine = new Engine({ dockerHost: 'unix:///nowhere/d.sock' })
    expect(await code(engine.system.version())).toBe('ENGINE_UNAVAILABLE')
    expect(engine.state).toMatchObject({ up: false, problem: 'unreachable' })
  })

  it('answers within a second when the engine falls silent under a call', async () => {
    let silent = false
    const { engine } = await fake((socket) => silent || socket.write(json('{"Version":"1","ApiVersion":"1.41"}')), {
      isSilent: () => silent,
    })
    await engine.system.version()
    silent = true
    for (let call = 0; call < 3; call++) {
      const start = performance.now()
      expect(await code(engine.containers.kill(ID))).toBe('ENGINE_UNAVAILABLE')
      expect(performance.now() - start).toBeLessThan(1_000)
    }
    expect(engine.state).toMatchObject({ up: false, problem: 'silent' })
  })

  it('finds the engine again by itself', async () => {
    let silent = true
    const { engine } = await fake((socket) => socket.write(json('{"Version":"1","ApiVersion":"1.41"}')), { isSilent: () => silent })
    engine.onModuleInit()
    expect(await code(engine.system.version())).toBe('ENGINE_UNAVAILABLE')
    const start = performance.now()
    expect(await code(engine.system.version())).toBe('ENGINE_UNAVAILABLE')
    expect(performance.now() - start).toBeLessThan(20)
    silent = false
    await vi.waitFor(() => expect(engine.state.up).toBe(true), { timeout: 5_000 })
    expect(await code(engine.system.version())).toBe('none')
  })

  it('costs waiting calls one ping, not one each', async () => {
    let pings = 0
    const { engine } = await fake((socket) => socket.write(json('{"Version":"1","ApiVersion":"1.41"}')), { isSilent: () => ++pings < 0 })
    await Promise.all(Array.from({ length: 50 }, () => engine.system.version()))
    expect(pings).toBe(1)
  })
})
