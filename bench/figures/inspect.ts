/** Everything about one container: the gateway asks the engine, so it can only add to what a direct call takes. */
import type { Figure } from '../support/figure.js'
import { generate, type Latencies } from '../support/load.js'
import { ms, more, overDirect, perSecond, times, type Row } from '../support/report.js'
import { compare } from '../support/rounds.js'

const MOST_REQUESTS = 2_000

export const inspect: Figure = {
  name: 'inspect',
  async run({ world, plan }) {
    await world.containers(plan.quick ? 10 : 100)
    const rows: Row[] = []
    for (const connections of [1, 16]) {
      const [user, direct] = [world.user(connections), world.engine(connections)]
      const { items } = await user.json<{ items: { id: string }[] }>('GET', '/api/v1/containers?all=true&limit=1')
      const { id } = items[0]!
      const load = { connections, count: MOST_REQUESTS, ms: plan.roundMs }
      const { engine, gateway } = await compare<keyof Latencies>(plan.rounds, {
        engine: () => generate(() => direct.get(`/containers/${id}/json`), load),
        gateway: () => generate(() => user.get(`/api/v1/containers/${id}`), load),
      })
      user.close()
      direct.close()
      rows.push(...toRows(connections, engine, gateway))
    }
    return rows
  },
}

function toRows(connections: number, engine: Latencies, gateway: Latencies): Row[] {
  const what = `inspect, ${connections} connection${connections === 1 ? '' : 's'}`
  const latency = (key: 'p50' | 'p99') => ({
    figure: `${what}: ${key}`,
    engine: ms(engine[key]),
    gateway: ms(gateway[key]),
    compared: more(gateway[key] - engine[key], ms),
  })
  return [
    {
      figure: `${what}: requests`,
      engine: perSecond(engine.perSecond),
      gateway: perSecond(gateway.perSecond),
      compared: times(gateway.perSecond / engine.perSecond),
    },
    // a queue of sixteen on the cores that all share says how much is done, not what a call costs
    { ...latency('p50'), ...(connections === 1 && { bound: overDirect(engine.p50, gateway.p50) }) },
    latency('p99'),
  ]
}
