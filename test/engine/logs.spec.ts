import { describe, expect, it } from 'vitest'
import { advance, LOG_START, readLogLines, resumeSince, seen, type LogLine } from '../../src/engine/index.js'
import { containersOf, engineOfBed, until } from './support/engine.js'

const engine = engineOfBed()
const { run } = containersOf(engine)

const SIZES = [0, 1, 16_353, 16_383, 16_384, 16_385, 32_768, 50_000, 1_048_575, 1_048_576, 1_048_577]

/** Prints for each size a line of that many `a` to stdout, and of `b` to stderr. */
const script = (sizes: readonly number[]) =>
  sizes.map((size) => `head -c ${size} /dev/zero | tr '\\0' a; echo; head -c ${size} /dev/zero | tr '\\0' b >&2; echo >&2;`).join(' ')

async function linesOf(id: string, options: { tty: boolean; follow?: boolean; since?: bigint }): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of await engine.containers.logLines(id, options)) lines.push({ ...line, bytes: new Uint8Array(line.bytes) })
  return lines
}

/** Length and letter of each whole line, parts joined. */
function shape(lines: readonly LogLine[], stream: string, letter: string): (number | string)[] {
  const sizes: (number | string)[] = []
  let open = 0
  for (const line of lines) {
    if (line.stream !== stream) continue
    const text = Buffer.from(line.bytes).toString('latin1').replace(/\r$/, '')
    if (text !== letter.repeat(text.length)) sizes.push(`unclean: ${text.slice(0, 60)}`)
    open += text.length
    if (line.end === 'part') continue
    sizes.push(open)
    open = 0
  }
  return sizes
}

describe.each(['json-file', 'local'])('a log of the %s driver', (Type) => {
  it('keeps both streams to the byte without a TTY', async () => {
    const id = await run({ Cmd: ['sh', '-c', script(SIZES)], HostConfig: { LogConfig: { Type } } })
    const followed = await linesOf(id, { tty: false, follow: true })
    await engine.containers.wait(id)
    const read = await linesOf(id, { tty: false })
    for (const lines of [followed, read]) {
      expect(shape(lines, 'stdout', 'a')).toEqual(SIZES)
      expect(shape(lines, 'stderr', 'b')).toEqual(SIZES)
    }
  })

  it('keeps the text to the byte with a TTY', async () => {
    const Cmd = ['sh', '-c', SIZES.map((size) => `head -c ${size} /dev/zero | tr '\\0' a; echo;`).join(' ')]
    const id = await run({ Cmd, Tty: true, HostConfig: { LogConfig: { Type } } })
    const followed = await linesOf(id, { tty: true, follow: true })
    await engine.containers.wait(id)
    for (const lines of [followed, await linesOf(id, { tty: true })]) expect(shape(lines, 'stdout', 'a')).toEqual(SIZES)
  })

  it('tells a line that ends without a line feed from the next run', async () => {
    for (const Tty of [false, true]) {
      const id = await run({ Cmd: ['sh', '-c', "head -c 16384 /dev/zero | tr '\\0' a"], Tty, HostConfig: { LogConfig: { Type } } })
      await engine.containers.wait(id)
      await engine.containers.start(id)
      await engine.containers.wait(id)
      expect(shape(await linesOf(id, { tty: Tty }), 'stdout', 'a')).toEqual([16_384, 16_384])
    }
  })
})

describe('a cursor', () => {
  it('resumes anywhere without loss or repetition', async () => {
    const Cmd = ['sh', '-c', `for i in $(seq 1 60); do echo o$i; echo e$i >&2; done; ${script([20_000, 1_100_000])} echo last`]
    const id = await run({ Cmd })
    await engine.containers.wait(id)
    const all = await linesOf(id, { tty: false })
    const texts = (lines: readonly LogLine[], stream: string) =>
      lines
        .filter((line) => line.stream === stream)
        .map((line) => `${line.n} ${line.end} ${Buffer.from(line.bytes).toString().slice(0, 40)} ${line.bytes.length}`)
    for (let stop = 0; stop <= all.length; stop += 7) {
      const cursor = all.slice(0, stop).reduce(advance, LOG_START)
      const rest = (await linesOf(id, { tty: false, since: resumeSince(cursor) })).filter((line) => !seen(cursor, line))
      for (const stream of ['stdout', 'stderr'])
        expect([...texts(all.slice(0, stop), stream), ...texts(rest, stream)]).toEqual(texts(all, stream))
    }
  })
})

describe('a follower', () => {
  it('frees its connection when it is returned while it waits', async () => {
    const id = await run({ Cmd: ['sh', '-c', 'echo one; sleep 600'] })
    await until('idle', () => engine.openSockets <= 1)
    const before = engine.openSockets
    const lines = await engine.containers.logLines(id, { tty: false, follow: true })
    expect((await lines.next()).value).toMatchObject({ end: 'line', n: 1 })
    const waiting = lines.next()
    await lines.return(undefined)
    expect(await waiting).toEqual({ done: true, value: undefined })
    await until('the socket is closed', () => engine.openSockets <= before, 2_000)
  })

  it('throws the reason of its signal and frees its connection', async () => {
    const id = await run({ Cmd: ['sleep', '600'] })
    await until('idle', () => engine.openSockets <= 1)
    const before = engine.openSockets
    const abort = new AbortController()
    const raw = await engine.containers.logs(id, { tty: false, follow: true, signal: abort.signal })
    const waiting = readLogLines(raw, { tty: false }).next()
    abort.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await until('the socket is closed', () => engine.openSockets <= before, 2_000)
  })

  it('that is slow makes the engine wait, and loses nothing', async () => {
    const id = await run({ Cmd: ['sh', '-c', 'seq 1 200000'] })
    await engine.containers.wait(id)
    let count = 0
    for await (const line of await engine.containers.logLines(id, { tty: false })) {
      expect(line.bytes.length).toBeLessThan(7)
      if (++count % 50_000 === 0) await new Promise((done) => setTimeout(done, 200))
    }
    expect(count).toBe(200_000)
  })

  it('of a missing container is NOT_FOUND before anything is read', async () => {
    await expect(engine.containers.logs('0'.repeat(64), { tty: false })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
