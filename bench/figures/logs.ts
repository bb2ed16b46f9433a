/** A log of 50 MB, read whole: the engine's own answer, the gateway's over REST, and a stream on a socket. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { LogRecord } from '../../src/streams/protocol.js'
import type { Bench, Figure } from '../support/figure.js'
import { megabytesPerSecond, times, type Bound, type Row } from '../support/report.js'
import { compare } from '../support/rounds.js'
import { median } from '../support/statistics.js'
import { connect, open, type StreamSocket } from '../support/streams.js'
import { ENGINE_IMAGE, type World } from '../support/world.js'

const LINE = 100
const FRAME_HEADER = 8
const CREDIT = 4 * 1_048_576
const NAME = 'bench-log'
const HEARD_MS = 10_000

export const logs: Figure = {
  name: 'logs',
  async run(bench) {
    const { world, plan } = bench
    const size = plan.quick ? 1_000_000 : 50_000_000
    const id = await writtenLog(world, size)
    const [user, direct, socket] = [world.user(), world.engine(), await connect(world)]
    // each line is a frame with a header, which is not the log's
    const engineSize = size + (size / LINE) * FRAME_HEADER
    const engine = () => speed(size, async () => exactly(engineSize, await direct.receive(`/containers/${id}/logs?stdout=1&stderr=1`)))
    const gateway = () => speed(size, async () => exactly(size, await user.receive(`/api/v1/containers/${NAME}/logs`)))
    const rest = await compare(plan.rounds, { engine, gateway })
    const stream = await compare(plan.rounds, { engine, gateway: () => speed(size, async () => exactly(size, await streamed(socket))) })
    const followed = await compare(plan.rounds, {
      engine: () => speed(size, async () => exactly(size, await byDocker(world, id))),
      gateway: () => speed(size, async () => exactly(size, await streamed(socket, { containers: [id], follow: true }))),
    })
    const live = await compare(plan.rounds, {
      engine: () => written(world, size, (fresh) => byDocker(world, fresh)),
      gateway: () => written(world, size, (fresh) => streamed(socket, { containers: [fresh], follow: true })),
    })
    const tail = await tails(bench, id)
    socket.disconnect()
    user.close()
    direct.close()
    return [
      row('logs of 50 MB over REST', rest),
      row('logs of 50 MB on a socket', stream),
      row('a tail of 50 MB, to docker logs -f', followed, 0.8),
      row('a tail while 50 MB are written, to docker logs -f', live, 0.8),
      tail,
    ]
  },
}

type Speeds = Record<'engine' | 'gateway', { bytes: number }>

function row(figure: string, { engine, gateway }: Speeds, least = 0.7): Row {
  const share = gateway.bytes / engine.bytes
  return {
    figure,
    engine: megabytesPerSecond(engine.bytes),
    gateway: megabytesPerSecond(gateway.bytes),
    compared: times(share),
    bound: atLeastShare(share, least),
    why: 'each line is cut, decoded and encoded anew on one core, where the engine copies; larger pieces without lines would reach it',
  }
}

function atLeastShare(share: number, limit: number): Bound {
  return { text: `≥ ${limit * 100} % of direct`, met: share >= limit, by: `${((limit - share) * 100).toFixed(0)} %` }
}

/** The last thousand lines, as a console shows them at first. */
async function tails({ world, plan }: Bench, id: string): Promise<Row> {
  const [user, direct] = [world.user(), world.engine()]
  const path = { engine: `/containers/${id}/logs?stdout=1&stderr=1&tail=1000`, gateway: `/api/v1/containers/${NAME}/logs?tail=1000` }
  const many = async (read: () => Promise<unknown>) => {
    const samples: number[] = []
    for (let index = 0; index < 20; index++) samples.push((await speed(1_000 * LINE, read)).bytes)
    return { bytes: median(samples) }
  }
  const { engine, gateway } = await compare(plan.rounds, {
    engine: () => many(() => direct.drain('GET', path.engine)),
    gateway: () => many(() => user.drain('GET', path.gateway)),
  })
  user.close()
  direct.close()
  const { bound: _, ...shown } = row('last 1,000 lines over REST', { engine, gateway })
  return shown
}

async function streamed(socket: StreamSocket, params: object = { containers: [NAME] }): Promise<number> {
  let bytes = 0
  const { ended } = await open(socket, {
    kind: 'container.logs',
    params: { ...params, credit: CREDIT },
    onData: ({ frames }) => {
      for (const { text } of frames as readonly LogRecord[]) bytes += text.length + 1
    },
  })
  await ended
  return bytes
}

async function speed(size: number, read: () => Promise<unknown>): Promise<{ bytes: number }> {
  const start = performance.now()
  await read()
  return { bytes: size / ((performance.now() - start) / 1_000) }
}

function exactly(wanted: number, got: number): void {
  if (got !== wanted) throw new Error(`${got} bytes of a log of ${wanted}`)
}

/** The tail that everybody knows, read as fast as it comes. */
async function byDocker(world: World, id: string): Promise<number> {
  const child = spawn('docker', ['-H', world.bed.dockerHost, 'logs', '-f', id], { stdio: ['ignore', 'pipe', 'inherit'] })
  let bytes = 0
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`docker logs: ${code}`)
  return bytes
}

/** From the start of a container that writes as fast as it can to the end of its tail. */
async function written(world: World, size: number, tail: (id: string) => Promise<number>): Promise<{ bytes: number }> {
  const engine = world.engine()
  const id = await logged(world, size)
  const result = await speed(size, async () => {
    await engine.drain('POST', `/containers/${id}/start`)
    exactly(size, await tail(id))
  })
  await engine.drain('DELETE', `/containers/${id}?force=true`)
  engine.close()
  return result
}

/** A log of the team that is complete. */
async function writtenLog(world: World, size: number): Promise<string> {
  const engine = world.engine()
  const id = await logged(world, size, NAME)
  await engine.drain('POST', `/containers/${id}/start`)
  await engine.drain('POST', `/containers/${id}/wait`)
  engine.close()
  return id
}

/** The gateway hears of a container that is made beside it a moment later. */
async function assigned(world: World, body: object): Promise<void> {
  for (const end = performance.now() + HEARD_MS; ; await delay(20)) {
    try {
      await world.admin.drain('POST', '/api/v1/ownership/assign', body)
      return
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}

/** A container whose log no rotation cuts: made on the engine directly, then given to the team. */
async function logged(world: World, size: number, name = `${NAME}-${randomBytes(3).toString('hex')}`): Promise<string> {
  const engine = world.engine()
  const body = {
    Image: ENGINE_IMAGE,
    Cmd: ['sh', '-c', `yes '${'x'.repeat(LINE - 1)}' | head -c ${size}`],
    Labels: { 'bench.run': world.id },
    HostConfig: { LogConfig: { Type: 'json-file' }, NetworkMode: 'none' },
  }
  const { Id } = await engine.json<{ Id: string }>('POST', `/containers/create?name=${name}-${world.id}`, body)
  engine.close()
  await assigned(world, { kind: 'container', id: Id, team: world.team.name, name })
  return Id
}
