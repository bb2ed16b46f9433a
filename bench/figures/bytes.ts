/** A gigabyte out of a container and into one: how fast it passes, and what of it the gateway holds meanwhile. */
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { TAR_END, tarHeader, tarPadding } from '../../src/common/tar-writer.js'
import { BarePipe } from '../support/bare-pipe.js'
import type { Bench, Figure } from '../support/figure.js'
import type { Http } from '../support/http.js'
import { atMost, mebibytes, megabytesPerSecond, NONE, times, type Row } from '../support/report.js'
import { compare } from '../support/rounds.js'
import { ordinaryContainer, type World } from '../support/world.js'

const MIB = 1_048_576
const SHARE = 0.8
const GROWTH = 64 * MIB
const ROUNDS = 3
const CHUNK = Buffer.alloc(256 * 1024)
const WHY =
  'client, gateway and engine share two cores, so that the least that can stand between them takes its part: see the row of the bare pipe, a process ' +
  'that copies bytes from one socket to the other and looks at nothing. With splice(2), which copies nothing into a process, an archive into a container ' +
  'had 0.77 to 0.82× (DECISIONS.md): what is missing to that is Node and the look at each entry. More cores would reach it'

/** One way for bytes, on both sides. */
export interface Way {
  readonly figure: string
  readonly size: number
  readonly engine: (client: Http) => Promise<unknown>
  readonly gateway: (client: Http) => Promise<unknown>
  /** Also through a process that only copies bytes: what is between client and engine at least. */
  readonly throughPipe?: boolean
  /** What else is done on the way. */
  readonly why?: string
  /** What is taken away again before the next round, in no time that counts. */
  readonly after?: { readonly engine: (client: Http) => Promise<unknown>; readonly gateway: (client: Http) => Promise<unknown> }
}

export const bytes: Figure = {
  name: 'bytes',
  async run(bench) {
    const { world, plan } = bench
    const size = plan.quick ? 1_000_000 : 1_000_000_000
    const id = await containerWith(world, size)
    const at = (path: string) => `archive?path=${path}`
    const read = (figure: string, path: string, direct = path): Way => ({
      figure,
      size,
      engine: (client) => client.receive(`/containers/${id}/${direct}`),
      gateway: (client) => client.receive(`/api/v1/containers/${id}/${path}`),
    })
    return passed(bench, [
      read('export of 1 GB', 'export'),
      read('archive of 1 GB', at('/big')),
      read('file of 1 GB as itself', `${at('/big')}&as=file`, at('/big')),
      {
        figure: 'archive of 1 GB into a container',
        size,
        throughPipe: true,
        engine: (client) => client.upload('PUT', `/containers/${id}/${at('/tmp')}`, tarOf(size)),
        gateway: (client) => client.upload('PUT', `/api/v1/containers/${id}/${at('/tmp')}`, tarOf(size)),
      },
    ])
  },
}

/** A row for each way, and one for the most that the gateway grew on any of them. */
export async function passed({ world, plan }: Bench, ways: readonly Way[]): Promise<Row[]> {
  const rows: Row[] = []
  let grown = 0
  await using pipe = await BarePipe.start(world.bed.socketPath)
  for (const way of ways) {
    const clients = { engine: world.engine(), pipe: pipe.client(), gateway: world.user() }
    const direct = async (client: Http) => {
      const figure = await speed(way.size, () => way.engine(client))
      await way.after?.engine(client)
      return figure
    }
    const gateway = async () => {
      const figure = await speed(way.size, async () => {
        grown = Math.max(grown, await growth(world, () => way.gateway(clients.gateway)))
      })
      await way.after?.gateway(clients.gateway)
      return figure
    }
    const found = await compare<'bytes', 'engine' | 'gateway' | 'pipe'>(Math.min(ROUNDS, plan.rounds), {
      engine: () => direct(clients.engine),
      pipe: () => (way.throughPipe ? direct(clients.pipe) : Promise.resolve({ bytes: 0 })),
      gateway,
    })
    for (const client of Object.values(clients)) client.close()
    rows.push(row(way, found.engine.bytes, found.gateway.bytes))
    if (way.throughPipe) rows.push(pipeRow(way, found.engine.bytes, found.pipe.bytes))
  }
  const bound = atMost(grown, GROWTH, mebibytes)
  return [...rows, { figure: 'memory that a gigabyte takes, at most', engine: NONE, gateway: mebibytes(grown), compared: NONE, bound }]
}

function row({ figure, why }: Way, engine: number, gateway: number): Row {
  const share = gateway / engine
  const bound = { text: `≥ ${SHARE * 100} % of direct`, met: share >= SHARE, by: `${((SHARE - share) * 100).toFixed(0)} %` }
  return {
    figure,
    engine: megabytesPerSecond(engine),
    gateway: megabytesPerSecond(gateway),
    compared: times(share),
    bound,
    why: why ? `${why}. Besides, ${WHY}` : WHY,
  }
}

function pipeRow({ figure }: Way, engine: number, pipe: number): Row {
  const [direct, piped] = [megabytesPerSecond(engine), megabytesPerSecond(pipe)]
  return { figure: `${figure}: a bare pipe in the gateway's place`, engine: direct, gateway: piped, compared: times(pipe / engine) }
}

async function speed(size: number, work: () => Promise<unknown>): Promise<{ bytes: number }> {
  const start = performance.now()
  await work()
  return { bytes: size / ((performance.now() - start) / 1_000) }
}

/** How much more memory the gateway had at most than before. */
async function growth({ gateway }: World, work: () => Promise<unknown>): Promise<number> {
  const before = gateway.memory
  gateway.forgetPeak()
  await work()
  return gateway.peakMemory - before
}

async function containerWith(world: World, size: number): Promise<string> {
  const user = world.user()
  const body = {
    ...ordinaryContainer(world.image, { 'bench.run': world.id }),
    ports: [],
    command: ['sh', '-c', `head -c ${size} /dev/zero > /tmp/big; sleep 3600`],
  }
  const { id } = await user.json<{ id: string }>('POST', '/api/v1/containers?start=true', body)
  const move = { command: ['sh', '-c', `test "$(wc -c < /tmp/big)" = ${size} && mv /tmp/big /big`] }
  while ((await user.json<{ exitCode: number }>('POST', `/api/v1/containers/${id}/exec`, move)).exitCode !== 0) await delay(50)
  user.close()
  return id
}

function* tarOf(size: number): Generator<Buffer> {
  yield tarHeader({ name: 'big', type: 'file', size, mode: 0o644, uid: 0, gid: 0, modified: new Date(0), link: '' })
  for (let left = size; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
  yield tarPadding(size)
  yield TAR_END
}
