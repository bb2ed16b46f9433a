import { renameSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/index.js'
import { BASE_IMAGE, bed } from '../support/bed.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { unjudged } from '../support/unjudged.js'
import { uniqueName, until } from './support/engine.js'

let host: PrivateEngine
let engine: Engine
let running: string

beforeAll(async () => {
  host = await bed().startEngine()
  engine = new Engine({ dockerHost: host.dockerHost })
  engine.onModuleInit()
  await engine.inventory.ready()
  const { Id } = await engine.containers.create(
    uniqueName(),
    unjudged({
      Image: BASE_IMAGE,
      Cmd: ['sleep', '600'],
      HostConfig: { RestartPolicy: { Name: 'always' } },
    }),
  )
  running = Id
  await engine.containers.start(Id)
}, 60_000)

afterAll(async () => {
  await engine?.onApplicationShutdown()
  await host?.purge()
})

/** The code of the error and how long it took. */
async function timed(call: () => Promise<unknown>): Promise<{ code: string; ms: number }> {
  const start = performance.now()
  const code = await call().then(
    () => 'none',
    (error: { code?: string }) => error.code ?? 'another error',
  )
  return { code, ms: performance.now() - start }
}

describe('an engine that is stopped by a signal', () => {
  it('is refused within a second, and found again by itself within five', async () => {
    const abort = new AbortController()
    const lines = await engine.containers.logLines(running, { tty: false, follow: true, signal: abort.signal })
    await engine.system.version()
    await host.freeze()
    try {
      const first = await Promise.all([timed(() => engine.containers.inspect(running)), timed(() => engine.containers.pause(running))])
      for (const { code, ms } of first) expect({ code, quick: ms < 1_000 }).toEqual({ code: 'ENGINE_UNAVAILABLE', quick: true })
      const next = await timed(() => engine.containers.inspect(running))
      expect(next.code).toBe('ENGINE_UNAVAILABLE')
      expect(next.ms).toBeLessThan(50)
      expect(engine.inventory.stale).toBe(true)
      expect(engine.inventory.containers.get(running)?.state).toBe('running')
    } finally {
      host.thaw()
    }
    await until('up again', () => engine.state.up && !engine.inventory.stale, 5_000)
    abort.abort(new Error('done'))
    await expect(lines.next()).rejects.toThrow('done')
    if ((await engine.containers.inspect(running)).State.Paused) await engine.containers.unpause(running)
  })
})

describe('an engine that is killed and restarted', () => {
  it('ends its streams with an error and is followed again', async () => {
    const lines = await engine.containers.logLines(running, { tty: false, follow: true })
    const waiting = timed(() => lines.next())
    const { outages } = engine.state
    await host.kill()
    expect((await waiting).code).toBe('ENGINE_UNAVAILABLE')
    const refused = await timed(() => engine.system.version())
    expect(refused.code).toBe('ENGINE_UNAVAILABLE')
    expect(refused.ms).toBeLessThan(1_000)
    expect(engine.inventory.stale).toBe(true)
    await host.start()
    await until('up again', () => engine.state.up && !engine.inventory.stale, 5_000)
    // who did not look meanwhile can still tell
    expect(engine.state.outages).toBe(outages + 1)
    const { Id } = await engine.containers.create(uniqueName(), unjudged({ Image: BASE_IMAGE, Cmd: ['true'] }))
    await until('heard', () => engine.inventory.containers.get(Id))
    await engine.containers.remove(Id)
    await until('heard', () => !engine.inventory.containers.get(Id))
  }, 60_000)
})

describe('a socket that is moved away', () => {
  it('is noticed and found again', async () => {
    renameSync(host.socketPath, `${host.socketPath}.away`)
    await until('down', () => !engine.state.up, 3_000)
    expect(engine.state.problem).toBe('unreachable')
    renameSync(`${host.socketPath}.away`, host.socketPath)
    await until('up again', () => engine.state.up && !engine.inventory.stale, 5_000)
  })
})

describe('what ends while the engine is down', () => {
  it('is seen after the next connect', async () => {
    const { Id } = await engine.containers.create(uniqueName(), unjudged({ Image: BASE_IMAGE, Cmd: ['sleep', '600'] }))
    await engine.containers.start(Id)
    await until('known', () => engine.inventory.containers.get(Id)?.state === 'running')
    const { Pid } = (await engine.containers.inspect(Id)).State
    await host.kill()
    process.kill(Pid, 'SIGKILL')
    await host.start()
    await until('seen', () => engine.inventory.containers.get(Id)?.state === 'exited' && !engine.inventory.stale, 10_000)
    expect(engine.inventory.containers.get(Id)?.detail?.finishedAt).toBeTypeOf('string')
    await engine.containers.remove(Id)
  })
})

describe('stopping', () => {
  it('ends every connection', async () => {
    const own = new Engine({ dockerHost: host.dockerHost })
    own.onModuleInit()
    await own.inventory.ready()
    const lines = await own.containers.logLines(running, { tty: false, follow: true })
    const waiting = timed(() => lines.next())
    await own.onApplicationShutdown()
    expect((await waiting).code).toBe('STOPPING')
    expect(own.openSockets).toBe(0)
  })
})
