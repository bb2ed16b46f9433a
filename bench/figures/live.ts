/** Live streams under load: many viewers of one log, viewers that are frozen, sockets that are idle, and that come and go. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { LogRecord } from '../../src/streams/protocol.js'
import type { Bench, Figure } from '../support/figure.js'
import { atLeast, atMost, type Bound, mebibytes, ms, NONE, type Row, times } from '../support/report.js'
import { connect, open, type StreamSocket } from '../support/streams.js'
import { ordinaryContainer, type World } from '../support/world.js'
import { QUIET_MS } from './process.js'

const MIB = 1_048_576
const TICKS = 100
const PAD = 'x'.repeat(130)

export const viewers: Figure = { name: 'viewers', run: manyViewers }
export const frozen: Figure = { name: 'frozen', run: frozenViewers }
export const sockets: Figure = { name: 'sockets', run: async (bench) => [...(await idle(bench)), ...(await churn(bench))] }

/** 1,000 lines a second of 150 bytes, by one viewer and by many. */
async function manyViewers({ world, plan }: Bench): Promise<Row[]> {
  const [count, seconds] = plan.quick ? [5, 2] : [200, 15]
  const script = `i=0; while :; do n=0; while [ $n -lt 20 ]; do n=$((n+1)); i=$((i+1)); echo "$i ${PAD}"; done; usleep 19000; done`
  const id = await running(world, script)
  const sockets = await engineSockets(world)
  const one = await watched(world, { id, count: 1, seconds })
  const many = await watched(world, { id, count, seconds })
  await removed(world, id)
  const name = `${count} viewers of ${Math.round(many.rate)} lines/s`
  return [
    {
      figure: `${name}: cpu of the engine`,
      engine: cores(one.cpu),
      gateway: cores(many.cpu),
      compared: times(many.cpu / one.cpu),
      bound: ratioAtMost(many.cpu / one.cpu, 1.1),
      why:
        'the kernel counts the cpu of the engine in ticks of 10 ms, of which one viewer takes about 30 in the fifteen seconds: five more are ' +
        'within what two windows of one viewer differ by. Longer windows would tell',
    },
    {
      figure: `${name}: followers of the engine`,
      engine: NONE,
      gateway: String(many.upstreams - sockets),
      compared: NONE,
      bound: atMost(many.upstreams - sockets, 1, String),
    },
    { figure: `${name}: p99 of a line`, engine: NONE, gateway: ms(many.p99), compared: NONE, bound: atMost(many.p99, 250, ms) },
    { figure: `${name}: lines lost`, engine: NONE, gateway: String(many.lost), compared: NONE, bound: atMost(many.lost, 0, String) },
  ]
}

interface Watched {
  readonly cpu: number
  readonly p99: number
  readonly lost: number
  /** Connections to the engine, also those that were there before. */
  readonly upstreams: number
  readonly rate: number
}

async function watched(world: World, { id, count, seconds }: { id: string; count: number; seconds: number }): Promise<Watched> {
  const sockets = await connected(world, count)
  const latencies: number[] = []
  let [lost, lines, measuring] = [0, 0, false]
  for (const socket of sockets) {
    let last = 0
    const onData = ({ frames }: { frames: readonly object[] }): void => {
      const now = Date.now()
      for (const { text, time } of frames as readonly LogRecord[]) {
        const number = Number(String(text).slice(0, String(text).indexOf(' ')))
        if (last > 0 && number !== last + 1) lost += 1
        last = number
        if (!measuring) continue
        lines += 1
        if (number % 10 === 0) latencies.push(now - Date.parse(time))
      }
    }
    await open(socket, { kind: 'container.logs', params: { containers: [id], follow: true, tail: 0 }, onData })
  }
  await delay(1_000)
  const before = engineCpu(world)
  measuring = true
  await delay(seconds * 1_000)
  measuring = false
  const cpu = (engineCpu(world) - before) / seconds
  const upstreams = await engineSockets(world)
  sockets.forEach((socket) => socket.disconnect())
  latencies.sort((a, b) => a - b)
  return { cpu, p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0, lost, upstreams, rate: lines / seconds / count }
}

/** A source of some 10 MB/s, and viewers that give nothing back. */
async function frozenViewers({ world, plan }: Bench): Promise<Row[]> {
  const [count, seconds] = plan.quick ? [5, 2] : [100, 60]
  const id = await running(
    world,
    `L=$(head -c 16000 /dev/zero | tr '\\0' x | fold -w 150); while :; do n=0; while [ $n -lt 12 ]; do n=$((n+1)); echo "$L"; done; usleep 14000; done`,
  )
  const healthy = async (): Promise<number> => {
    const socket = (await connected(world, 1))[0]!
    let bytes = 0
    await open(socket, {
      kind: 'container.logs',
      params: { containers: [id], follow: true, tail: 0, credit: 4 * MIB },
      onData: ({ frames }) => {
        for (const { text } of frames as readonly LogRecord[]) bytes += text.length + 1
      },
    })
    await delay((seconds / 2) * 1_000)
    socket.disconnect()
    return bytes / (seconds / 2)
  }
  const alone = await healthy()
  const before = world.gateway.memory
  world.gateway.forgetPeak()
  const sockets = await connected(world, count)
  for (const socket of sockets)
    await new Promise((answered) =>
      socket.emit('stream:open', { kind: 'container.logs', params: { containers: [id], follow: true, tail: 0 } }, answered),
    )
  const beside = await healthy()
  await delay((seconds / 2) * 1_000)
  const growth = world.gateway.peakMemory - before
  sockets.forEach((socket) => socket.disconnect())
  await removed(world, id)
  return [
    {
      figure: `${count} frozen viewers for ${seconds} s: memory`,
      engine: NONE,
      gateway: mebibytes(growth),
      compared: NONE,
      bound: atMost(growth, 64 * MIB, mebibytes),
    },
    {
      figure: `a healthy viewer beside ${count} frozen ones, to alone`,
      engine: NONE,
      gateway: `${(beside / 1e6).toFixed(1)} MB/s`,
      compared: times(beside / alone),
      bound: atLeast(beside / alone, 0.9),
    },
  ]
}

async function idle({ world, plan }: Bench): Promise<Row[]> {
  const count = plan.quick ? 10 : 1_000
  // one that has had more to do before takes them into memory that it has already
  await world.gateway.stop()
  await world.gateway.start()
  await delay(plan.quick ? 100 : QUIET_MS)
  const before = world.gateway.memory
  const sockets = await connected(world, count)
  await delay(plan.quick ? 100 : QUIET_MS)
  const each = (world.gateway.memory - before) / count
  sockets.forEach((socket) => socket.disconnect())
  const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`
  return [
    {
      figure: `memory of each of ${count} idle sockets`,
      engine: NONE,
      gateway: kib(each),
      compared: NONE,
      bound: atMost(each, 30 * 1_024, kib),
    },
  ]
}

async function churn({ world, plan }: Bench): Promise<Row[]> {
  const count = plan.quick ? 20 : 2_000
  await delay(2_000)
  const before = world.gateway.descriptors
  for (let done = 0; done < count; done += 20) {
    const sockets = await connected(world, 20)
    sockets.forEach((socket) => socket.disconnect())
  }
  await delay(plan.quick ? 500 : 5_000)
  const left = Math.abs(world.gateway.descriptors - before)
  return [
    {
      figure: `file descriptors after ${count} connections`,
      engine: NONE,
      gateway: `±${left}`,
      compared: NONE,
      bound: atMost(left, 2, String),
    },
  ]
}

async function connected(world: World, count: number): Promise<StreamSocket[]> {
  const sockets: StreamSocket[] = []
  while (sockets.length < count)
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(20, count - sockets.length) }, () => connect(world)))))
  return sockets
}

async function running(world: World, script: string): Promise<string> {
  const user = world.user()
  const spec = { ...ordinaryContainer(world.image, { 'bench.run': world.id }), command: ['sh', '-c', script], ports: [] }
  const { id } = await user.json<{ id: string }>('POST', '/api/v1/containers?start=true', spec)
  user.close()
  return id
}

async function removed(world: World, id: string): Promise<void> {
  const user = world.user()
  await user.drain('DELETE', `/api/v1/containers/${id}?force=true`)
  user.close()
}

/** Connections to the engine that the gateway has in use. */
async function engineSockets(world: World): Promise<number> {
  const metrics = await text(await world.admin.answer('GET', '/metrics'))
  return Number(/^berth_engine_sockets (\d+)$/m.exec(metrics)![1])
}

/** Seconds of cpu that dockerd has used. */
function engineCpu(world: World): number {
  const pid = readFileSync(join(dirname(world.bed.socketPath), 'pid'), 'utf8').trim()
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

const cores = (value: number): string => `${value.toFixed(3)} cores`

function ratioAtMost(ratio: number, limit: number): Bound {
  return { text: `≤ ${times(limit)}`, met: ratio <= limit, by: times(ratio - limit) }
}
