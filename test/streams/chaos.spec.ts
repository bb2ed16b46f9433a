/** The promise of the logs under fire: everything between a writer and its reader is cut, again and again, at any moment. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectStreams, type GapRecord, type LogRecord, type LogStream, type Streams } from '../../clients/typescript/src/streams/index.js'
import { GatewayProcess } from '../faults/support/gateway-process.js'
import { BASE_IMAGE, bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import type { Actor } from '../support/scenario.js'
import { CutProxy } from './cut-proxy.js'
import { until } from './support.js'

/** The thousand of the bound take about half an hour: BERTH_TEST_CUTS=1000 */
const CUTS = Number(process.env['BERTH_TEST_CUTS'] ?? 30)
const OUTPUTS = ['stdout', 'stderr'] as const
/** Numbers its lines on both outputs until it is told to stop; the last one says so. */
const WRITER = `trap 'stop=1' USR1; i=0
while [ -z "$stop" ]; do i=$((i+1)); echo "$i of the numbered lines"; echo "$i of the numbered lines" >&2; [ $((i % 20)) = 0 ] && usleep 90000; done
echo "$i was the last"; echo "$i was the last" >&2`

interface Writer {
  readonly id: string
  /** Some seconds of the log are kept: more than any interruption takes, so that nothing may be missing. */
  readonly roomy: boolean
}

let engine: PrivateEngine
let toEngine: CutProxy
let gateway: GatewayProcess
let toGateway: CutProxy
let admin: Actor
let streams: Streams
let writers: Record<'roomy' | 'local' | 'tight', Writer>

beforeAll(async () => {
  engine = await bed().startEngine()
  const path = `${engine.dir}/cut.sock`
  toEngine = await CutProxy.listen({ path }, { path: engine.socketPath })
  gateway = await GatewayProcess.start({ dockerHost: `unix://${path}`, env: { BERTH_ACCESS_TOKEN_TTL: '86400', BERTH_LOG_LEVEL: 'warn' } })
  toGateway = await CutProxy.listen({ port: 0, host: '127.0.0.1' }, { port: gateway.port, host: '127.0.0.1' })
  admin = await gateway.admin()
  await admin.ok('POST', '/teams', { name: 'chaos' })
  writers = {
    roomy: await writer('roomy', { Type: 'json-file', Config: { 'max-size': '200k', 'max-file': '10' } }),
    local: await writer('local', { Type: 'local', Config: { 'max-size': '200k', 'max-file': '10', compress: 'false' } }),
    tight: await writer('tight', { Type: 'json-file', Config: { 'max-size': '40k', 'max-file': '2' } }),
  }
  streams = connectStreams({ url: `http://127.0.0.1:${toGateway.port}`, token: admin.accessToken! })
}, 120_000)

afterAll(async () => {
  streams?.close()
  await toGateway?.[Symbol.asyncDispose]()
  await gateway?.stop()
  await toEngine?.[Symbol.asyncDispose]()
  await engine?.purge()
})

async function writer(name: string, LogConfig: object): Promise<Writer> {
  const body = { Image: BASE_IMAGE, Cmd: ['sh', '-c', WRITER], HostConfig: { LogConfig, NetworkMode: 'none' } }
  const { Id } = await engineJson<{ Id: string }>(engine.socketPath, 'POST', `/containers/create?name=${name}`, body)
  await engineJson(engine.socketPath, 'POST', `/containers/${Id}/start`)
  await until('it is in the inventory', async () => (await admin.http.get(`/containers/${Id}`)).status === 200)
  await admin.ok('POST', '/ownership/assign', { kind: 'container', id: Id, team: 'chaos', name })
  return { id: Id, roomy: name !== 'tight' }
}

/** What is cut, and how often: a gateway that is killed takes a second to come back. */
const KINDS: readonly (readonly [share: number, name: string, cut: () => Promise<void>])[] = [
  [0.5, 'client', async () => toGateway.cut()],
  [0.3, 'engine socket', async () => toEngine.cut()],
  [0.2, 'gateway', () => gateway.kill().then(() => gateway.start())],
]

/** All of the cuts, each when the last one was got over, or in the middle of that. */
async function cutAll(): Promise<Record<string, number>> {
  const done: Record<string, number> = {}
  for (let count = 0; count < CUTS; count++) {
    let place = Math.random()
    const [, name, cut] = KINDS.find(([share]) => (place -= share) < 0) ?? KINDS[0]!
    await cut()
    done[name] = (done[name] ?? 0) + 1
    if (Math.random() < 0.7) await until('it is connected again', () => streams.socket.connected, 30_000)
    await new Promise((wake) => setTimeout(wake, Math.random() * 400))
  }
  return done
}

type Seen = LogRecord | GapRecord

async function readAll(logs: LogStream): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const record of logs) if (record.type === 'log' || record.type === 'gap') seen.push(record)
  return seen
}

/** How often lines were missing, all of it told; throws on whatever was lost in silence, told twice, or out of its order. */
function judged(all: readonly Seen[], { id, roomy }: Writer): { lines: number; missing: number; gaps: number } {
  const seen = all.filter(({ container }) => container === id)
  const gaps = seen.flatMap((record, index) => (record.type === 'gap' ? [{ ...record, index }] : []))
  let missing = 0
  for (const output of OUTPUTS) {
    const lines = seen.flatMap((record, index) => (record.type === 'log' && record.stream === output ? [{ ...record, index }] : []))
    const last = lines.at(-1)!
    expect(String(last.text), 'it was read to its end').toMatch(/^\d+ was the last$/)
    const numbers = lines.slice(0, -1).map(({ text }) => Number.parseInt(String(text), 10))
    expect(numbers.at(-1), 'the last of the numbered').toBe(Number.parseInt(String(last.text), 10))
    numbers.forEach((number, at) => {
      const before = numbers[at - 1] ?? 0
      expect(number, `${output} in its order, and once`).toBeGreaterThan(before)
      if (number === before + 1) return
      missing += number - before - 1
      const [from, to] = [at === 0 ? -1 : lines[at - 1]!.index, lines[at]!.index]
      const told = gaps.filter(({ index }) => index > from && index < to)
      expect(told.length, `${output}: ${before} to ${number} is missing and nothing was said`).toBeGreaterThan(0)
    })
  }
  for (const gap of gaps) expectExact(gap, seen)
  if (roomy) expect(missing, 'the engine had all of it').toBe(0)
  return { lines: seen.length - gaps.length, missing, gaps: gaps.length }
}

/** Its range is from the newest line before it to the first one after it. */
function expectExact(gap: GapRecord & { index: number }, seen: readonly Seen[]): void {
  const times = (records: readonly Seen[]) => records.flatMap((record) => (record.type === 'log' ? [record.time] : []))
  const from = times(seen.slice(Math.max(0, gap.index - 1_000), gap.index))
    .toSorted()
    .at(-1)
  expect(gap).toMatchObject({ reason: 'rotated', from })
  const next = seen[gap.index + 1]!
  // cut before the first line after it came: told again, and wider
  if (next.type === 'gap') expect(next.from).toBe(from)
  else expect(gap.to).toBe(next.time)
}

describe('cuts of everything at any moment', () => {
  it('lose nothing in silence, and tell nothing twice', { timeout: 30_000 + CUTS * 4_000 }, async () => {
    const containers = Object.values(writers)
    const alone = await Promise.all(containers.map(({ id }) => streams.logs({ containers: [id], follow: true })))
    const together = await streams.logs({ containers: [writers.roomy.id, writers.local.id], follow: true })
    const reading = [...alone, together].map(readAll)
    const done = await cutAll()
    await Promise.all(containers.map(({ id }) => engineJson(engine.socketPath, 'POST', `/containers/${id}/kill?signal=USR1`)))
    const seen = await Promise.all(reading)
    const figures = {
      roomy: judged(seen[0]!, writers.roomy),
      local: judged(seen[1]!, writers.local),
      tight: judged(seen[2]!, writers.tight),
      merged: [writers.roomy, writers.local].map((each) => judged(seen[3]!, each)),
    }
    // shown with --reporter=verbose: the figures of a long run
    console.info(JSON.stringify({ cuts: done, ...figures }))
  })
})
