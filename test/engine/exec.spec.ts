import { describe, expect, it } from 'vitest'
import { type Session } from '../../src/engine/index.js'
import { unjudged } from '../support/unjudged.js'
import { containersOf, engineOfBed, until } from './support/engine.js'

const engine = engineOfBed()
const { run } = containersOf(engine)

async function start(container: string, Cmd: readonly string[], options: { tty?: boolean; stdin?: boolean } = {}) {
  const { tty = false, stdin = true } = options
  const { Id } = await engine.exec.create(
    container,
    unjudged({ Cmd, Tty: tty, AttachStdin: stdin, AttachStdout: true, AttachStderr: true }),
  )
  return { id: Id, session: await engine.exec.start(Id, { tty }) }
}

async function outputOf(session: Session): Promise<{ stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' }
  for await (const { stream, bytes } of session.output) output[stream] += Buffer.from(bytes).toString('latin1')
  return output
}

describe('an exec', () => {
  it('keeps its streams apart and tells its exit code', async () => {
    const { id, session } = await start(await run(), ['sh', '-c', 'echo out; echo err >&2; exit 3'])
    expect(await outputOf(session)).toEqual({ stdout: 'out\n', stderr: 'err\n' })
    expect(await engine.exec.inspect(id)).toMatchObject({ Running: false, ExitCode: 3 })
  })

  it('that is started again is told in its output only (the engine has said 101 by then)', async () => {
    const { id, session } = await start(await run(), ['true'])
    await outputOf(session)
    expect((await outputOf(await engine.exec.start(id, { tty: false }))).stdout).toMatch(/has already run/)
  })

  it('reads input until it is half-closed', async () => {
    const { session } = await start(await run(), ['wc', '-c'])
    await session.write(Buffer.from('12345'))
    await session.write(Buffer.alloc(100_000))
    session.end()
    expect((await outputOf(session)).stdout.trim()).toBe('100005')
  })

  it('has a terminal that can be resized', async () => {
    const { id, session } = await start(await run(), ['sh'], { tty: true })
    await engine.exec.resize(id, { rows: 33, columns: 111 })
    await session.write(Buffer.from('stty size; exit 7\n'))
    expect((await outputOf(session)).stdout).toContain('33 111\r\n')
    expect((await engine.exec.inspect(id)).ExitCode).toBe(7)
  })

  it('waits for a reader that stops, without holding what it prints', async () => {
    const { session } = await start(await run(), ['sh', '-c', 'head -c 50000000 /dev/zero'])
    const before = process.memoryUsage().rss
    await new Promise((done) => setTimeout(done, 500))
    expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000)
    let size = 0
    for await (const { bytes } of session.output) size += bytes.length
    expect(size).toBe(50_000_000)
  })

  it('of a command that is missing ends with its code, or says so', async () => {
    const container = await run()
    const { id, session } = await start(container, ['nowhere'])
    expect((await outputOf(session)).stdout).toContain('nowhere')
    expect((await engine.exec.inspect(id)).ExitCode).toBeGreaterThan(125)
  })

  it('frees its connection when it is closed', async () => {
    const container = await run()
    const before = engine.openSockets
    const { session } = await start(container, ['cat'], { tty: true })
    const reading = outputOf(session)
    session.close()
    expect(await reading).toEqual({ stdout: '', stderr: '' })
    await session.closed
    await until('closed', () => engine.openSockets <= before, 2_000)
    await expect(session.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  })
})

describe('an attach', () => {
  it('talks to the main process', async () => {
    const id = await run({ Cmd: ['sh', '-c', 'read x; echo got $x; read y'], OpenStdin: true, AttachStdin: true })
    const session = await engine.containers.attach(id, { tty: false, stdin: true })
    await session.write(Buffer.from('hello\n'))
    const frames = session.output[Symbol.asyncIterator]()
    const first = await frames.next()
    expect(first.done === true ? '' : Buffer.from(first.value.bytes).toString()).toBe('got hello\n')
    session.close()
  })
})
