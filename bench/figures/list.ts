/** Lists of 10, 100 and 500 containers: the engine reads each of them anew, the gateway has them in memory. */
import type { Bench, Figure } from '../support/figure.js'
import type { Http } from '../support/http.js'
import { generate, type Latencies } from '../support/load.js'
import { atLeast, below, ms, perSecond, times, type Bound, type Row } from '../support/report.js'
import { compare } from '../support/rounds.js'

interface Measured {
  readonly size: number
  readonly connections: number
  readonly engine: Latencies
  readonly gateway: Latencies
}

/** The size that the project's bound is about. */
const BOUND_SIZE = 100
const MOST_REQUESTS = 5_000
const WHY =
  'a request costs the gateway about 0.19 ms of one core however short its list is (see the list of 10: the framework and the check of its ' +
  'query), and the engine needs 1 ms for a hundred containers; the ratio grows with the list. A gateway process for each core would reach it'

export const list: Figure = {
  name: 'list',
  async run(bench) {
    const all: Measured[] = []
    for (const size of bench.plan.quick ? [10] : [10, BOUND_SIZE, 500]) {
      await bench.world.containers(size)
      for (const connections of [1, 16]) all.push(await measure(bench, size, connections))
    }
    return [...all.flatMap(rows), ...growth(all)]
  },
}

async function measure({ world, plan }: Bench, size: number, connections: number): Promise<Measured> {
  const [user, engine] = [world.user(connections), world.engine(connections)]
  const paths = { engine: `/containers/json?all=true&filters=${world.engineFilter}`, gateway: '/api/v1/containers?all=true&limit=1000' }
  await assertSame(size, { engine, user, paths })
  const load = { connections, count: MOST_REQUESTS, ms: plan.roundMs }
  const { engine: direct, gateway } = await compare<keyof Latencies>(plan.rounds, {
    engine: () => generate(() => engine.get(paths.engine), load),
    gateway: () => generate(() => user.get(paths.gateway), load),
  })
  user.close()
  engine.close()
  return { size, connections, engine: direct, gateway }
}

/** Both sides must answer the same containers, or the comparison means nothing. */
async function assertSame(size: number, sides: { engine: Http; user: Http; paths: { engine: string; gateway: string } }): Promise<void> {
  const { length } = await sides.engine.json<object[]>('GET', sides.paths.engine)
  const { items } = await sides.user.json<{ items: object[] }>('GET', sides.paths.gateway)
  if (items.length !== length || length < size) throw new Error(`the engine lists ${length} containers, the gateway ${items.length}`)
}

function rows({ size, connections, engine, gateway }: Measured): Row[] {
  const what = `list of ${size}, ${connections} connection${connections === 1 ? '' : 's'}`
  const isBound = size === BOUND_SIZE
  const rate = gateway.perSecond / engine.perSecond
  const row = (figure: string, unit: (value: number) => string, key: keyof Latencies, bound?: Bound): Row => ({
    figure: `${what}: ${figure}`,
    engine: unit(engine[key]),
    gateway: unit(gateway[key]),
    compared: times(gateway[key] / engine[key]),
    ...(isBound && bound && { bound, why: WHY }),
  })
  return [
    row('requests', perSecond, 'perSecond', atLeast(rate, 5)),
    row('p50', ms, 'p50', below(gateway.p50, engine.p50, ms)),
    row('p99', ms, 'p99'),
  ]
}

/** How much longer the largest list takes than the smallest. */
function growth(all: readonly Measured[]): Row[] {
  const single = all.filter(({ connections }) => connections === 1)
  const [first, last] = [single[0]!, single.at(-1)!]
  if (first === last) return []
  const engine = last.engine.p50 / first.engine.p50
  const gateway = last.gateway.p50 / first.gateway.p50
  const bound = { text: "flatter than the engine's", met: gateway < engine, by: times(Math.abs(gateway - engine)) }
  return [
    {
      figure: `growth of p50 from ${first.size} to ${last.size} containers`,
      engine: times(engine),
      gateway: times(gateway),
      compared: times(gateway / engine),
      bound,
    },
  ]
}
