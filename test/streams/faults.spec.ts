import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogRecord } from '../../clients/typescript/src/streams/index.js'
import { bed } from '../support/bed.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { type Actor, type Scenario, scenario, type Team } from '../support/scenario.js'
import { engineOf, ownedContainer, rawSocket, streamsOf, until } from './support.js'

let engine: PrivateEngine
let s: Scenario
let team: Team
let ann: Actor

beforeAll(async () => {
  engine = await bed().startEngine()
  s = await scenario({ dockerHost: engine.dockerHost })
  team = await s.team('fault')
  ann = await s.user('ann', { fault: 'developer' })
})
afterAll(async () => {
  await s?.end()
  await engine?.purge()
})

const WRITER = 'i=0; while true; do i=$((i+1)); echo o$i; echo e$i >&2; sleep 0.01; done'

describe('an engine that ends and comes back', () => {
  it.each([
    ['in good order', () => engine.restart()],
    ['by kill -9', () => engine.kill().then(() => engine.start())],
  ])(
    '%s is bridged: no line lost, none twice',
    async (_, restart) => {
      const own = await ownedContainer(s, team, {
        Cmd: ['sh', '-c', WRITER],
        HostConfig: { Init: true, RestartPolicy: { Name: 'always' } },
      })
      const streams = streamsOf(ann)
      const stream = await streams.logs({ containers: [own.id], follow: true })
      const seen: (LogRecord | { type: string; state?: string })[] = []
      const reading = (async () => {
        for await (const record of stream) seen.push(record)
      })()
      const lines = () => seen.filter((record): record is LogRecord => record.type === 'log')
      await until('some lines', () => lines().length > 100)
      await restart()
      const before = lines().length
      await until('more lines', () => lines().length > before + 200, 30_000)
      await streams.socket.emitWithAck('stream:close', { streamId: stream.streamId })
      await reading
      streams.close()
      // what the engine has is the truth: a container may have been restarted and counts from 1 again
      const truth: string[] = []
      for await (const line of await engineOf(s).containers.logLines(own.id, { tty: false }))
        if (line.stream === 'stdout') truth.push(Buffer.from(line.bytes).toString())
      const stdout = lines()
        .filter(({ stream: name }) => name === 'stdout')
        .map(({ text }) => text as string)
      expect(stdout).toEqual(truth.slice(0, stdout.length))
      expect(seen.filter((record) => record.type === 'state').map((record) => (record as { state: string }).state)).toEqual([
        'engine_unavailable',
        'following',
      ])
      await engineOf(s).containers.remove(own.id, { force: true })
    },
    90_000,
  )

  it('ends an exec with the reason, and refuses new streams while it is down', async () => {
    const own = await ownedContainer(s, team)
    using raw = await rawSocket(s.url, { token: ann.accessToken })
    const exec = await raw.ask('stream:open', { kind: 'container.exec', params: { container: own.id, command: ['sleep', '900'] } })
    expect(exec.ok).toBe(true)
    await engine.kill()
    await until('the exec has ended', () => raw.end(exec.streamId), 5_000)
    expect(raw.end(exec.streamId)).toMatchObject({ reason: 'failed', error: { code: 'engine_unavailable' } })
    const started = performance.now()
    expect(await raw.ask('stream:open', { kind: 'container.logs', params: { containers: [own.id] } })).toMatchObject({
      ok: false,
      error: { code: 'engine_unavailable' },
    })
    expect(performance.now() - started).toBeLessThan(1_500)
    await engine.start()
    await until(
      'logs can be opened again',
      async () => (await raw.ask('stream:open', { kind: 'container.logs', params: { containers: [own.id] } })).ok,
      10_000,
    )
  }, 60_000)
})
